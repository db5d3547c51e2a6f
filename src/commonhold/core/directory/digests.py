"""The digest under which secrets are kept and found."""

import hashlib


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a secret: enough for secrets of 160 random bits, and one indexed read finds it."""
    return hashlib.sha256(secret.encode()).digest()
