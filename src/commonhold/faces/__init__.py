"""Faces: thin translators between a protocol and the core, independent of one another."""
