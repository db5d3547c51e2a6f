"""Telling people: what is written with a share, and the letters made of it when they are sent."""
