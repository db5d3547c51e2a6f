"""What is random, and what is computed with the key of the installation."""

import hashlib
import hmac
import secrets
import string
import uuid
from typing import Final

SIGNS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
LINK_BYTES: Final = 20  # 160 bits
LINK_SIGNS: Final = 27  # 62 ** 27 > 2 ** 160
TOKEN_BYTES: Final = 32  # 43 signs


class InstanceSecrets:
    """The port ``Secrets``."""

    def __init__(self, key: bytes) -> None:
        """Compute links' secrets with ``key`` (``keys.instance``)."""
        self._key = key

    def uid(self) -> str:
        """Make a random UUID (version 4)."""
        return str(uuid.uuid4())

    def token(self) -> str:
        """Make a random secret of 256 bits, safe in URLs and headers."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def link(self, handle: str) -> str:
        """Compute the secret of the link that ``handle`` names: base62 of HMAC-SHA256, 160 bits; the same each time."""
        mac = hmac.digest(self._key, b"link:" + handle.encode(), hashlib.sha256)
        return base62(mac[:LINK_BYTES], LINK_SIGNS)


def base62(data: bytes, width: int) -> str:
    """Write bytes in digits and letters, with leading zeros up to ``width`` signs."""
    number, found = int.from_bytes(data, "big"), ""
    while number:
        number, sign = divmod(number, len(SIGNS))
        found = SIGNS[sign] + found
    return found.rjust(width, SIGNS[0])
