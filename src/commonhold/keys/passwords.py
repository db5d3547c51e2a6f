"""Passwords by argon2id, in threads, a few at a time: hashing is dear on purpose, in time and in memory."""

import asyncio
import os
import unicodedata
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

# What OWASP names for argon2id: 19 MiB, two passes, one lane; some 20 ms.
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
LONGEST: Final = 4_096  # bytes; callers have lower limits, this one keeps anybody from making us hash megabytes


class Argon2Passwords:
    """The port ``Hasher``: at most ``at_once`` hashes are computed at a time, others wait without blocking anything."""

    def __init__(self, at_once: int | None = None) -> None:
        """Leave a processor to everybody else unless told otherwise."""
        self._argon = PasswordHasher(PASSES, MEMORY_KIB, LANES, type=Type.ID)
        self._turn = asyncio.Semaphore(at_once or max(1, (os.cpu_count() or 2) - 1))
        self._nobody = self._argon.hash(os.urandom(16))  # what is compared with where there is no hash

    async def hash(self, password: str) -> str:
        """Hash a password; with its salt and its parameters in the text.

        :raises ValueError: it is longer than any caller lets through
        """
        data = _bytes(password)
        if len(data) > LONGEST:
            raise ValueError("password too long")
        async with self._turn:
            return await asyncio.to_thread(self._argon.hash, data)

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Compare; without a hash it takes the time of one and is never right. Longer passwords than any are wrong."""
        data = _bytes(password)
        possible = hashed is not None and len(data) <= LONGEST
        against = hashed if hashed is not None and possible else self._nobody
        async with self._turn:
            return await asyncio.to_thread(self._verify, against, data[:LONGEST]) and possible

    def _verify(self, hashed: str, data: bytes) -> bool:
        try:
            return self._argon.verify(hashed, data)
        except (Argon2Error, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    """Return the bytes of a password: composed, as keyboards differ in how they send the same letter."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
