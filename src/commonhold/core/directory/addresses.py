"""Mail addresses: what counts as one, and which are the same. Pure."""

import re
import string
from typing import Final

_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

LONGEST: Final = 254  # characters: what SMTP carries (RFC 5321)

_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)


def is_address(text: str) -> bool:
    """Tell whether a text is a mail address that mail can be sent to: ASCII, one at-sign, a domain with a dot."""
    if len(text) > LONGEST or not _ADDRESS.fullmatch(text):
        return False
    local = text.partition("@")[0]
    return ".." not in local and not local.startswith(".") and not local.endswith(".")


def address_key(text: str) -> str:
    """Return the key under which an address is unique: lower case, as every mail system in use compares.

    Only ASCII is folded: folding further would make one address of two mailboxes (KELVIN SIGN and k).
    """
    return text.strip().translate(_LOWER)
