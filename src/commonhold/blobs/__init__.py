"""Blobs: engines that keep the bytes of files."""
