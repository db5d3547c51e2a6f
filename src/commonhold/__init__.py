"""Commonhold: a self-hosted sharing server. Things are put into it, or registered with it, and shared with people."""

__version__ = "0.1.0"
