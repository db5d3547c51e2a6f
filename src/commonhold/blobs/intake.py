"""What every engine for bytes does alike: random keys, their check, and the bounds of an upload."""

import base64
import re
import secrets
from typing import Final

from commonhold.core.problems import Problem

CHUNK: Final = 1 << 20
"""Bytes that are read, hashed or written at once: large enough that threads pay, small enough to hold many."""

KEY: Final = re.compile(r"[a-z2-7]{32}", re.ASCII)
"""160 random bits in base32, lower case: safe as a file name everywhere, and not to be guessed."""


def new_key() -> str:
    """Make a key nobody can guess, so that knowing one tells nothing about others."""
    return base64.b32encode(secrets.token_bytes(20)).decode().lower()


def checked(key: str) -> str:
    """Return the key if an engine can have made it; anything else (paths above all) is ``not_found``."""
    if KEY.fullmatch(key) is None:
        raise Problem("not_found")
    return key


class Meter:
    """Counts the bytes of one upload and stops it at its bounds."""

    def __init__(self, limit: int, space: int | None) -> None:
        """Take the most bytes of one blob, and what its owner has left (None: no bound)."""
        self.limit = limit
        self.space = space
        self.size = 0

    def add(self, chunk: bytes) -> None:
        """Count ``chunk``; raises ``too_large`` or ``quota_exceeded`` with the bound that was crossed."""
        self.size += len(chunk)
        if self.size > self.limit:
            raise Problem("too_large", limit=self.limit)
        if self.space is not None and self.size > self.space:
            raise Problem("quota_exceeded", left=self.space)
