"""Names of people and titles of groups: what may stand in them, and their canonical form. Pure."""

import re
import unicodedata
from typing import Final

from commonhold.core.problems import Problem

LONGEST_TITLE: Final = 255  # bytes of UTF-8, as for items

_USER_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # control, format (bidi), surrogates, private, unassigned


def user_name(text: str) -> str:
    """Return a log-in name if it is one: ASCII, as it begins paths, and never only dots, which paths give a meaning.

    :raises Problem: bad_name
    """
    if not _USER_NAME.fullmatch(text) or not text.strip("."):
        raise Problem("bad_name", field="name")
    return text


def title(text: str, field: str = "title") -> str:
    """Return a title of a group or organisation, or a part of a person's name: NFC, no spaces around it.

    :raises Problem: name_empty, name_too_long, name_forbidden
    """
    found = unicodedata.normalize("NFC", text).strip(" ")
    if not found:
        raise Problem("name_empty", field=field)
    if any(unicodedata.category(sign) in _UNSEEN for sign in found):
        raise Problem("name_forbidden", field=field)
    if len(found.encode()) > LONGEST_TITLE:
        raise Problem("name_too_long", field=field)
    return found


def part_of_name(text: str | None, field: str) -> str | None:
    """Return a first or last name, or None for an empty one.

    :raises Problem: name_too_long, name_forbidden
    """
    return title(text, field) if text and text.strip(" ") else None
