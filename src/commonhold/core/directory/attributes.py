"""Attributes that faces keep beside a principal (locale, tags, description …), as JSON of bounded size. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from commonhold.core.model import Profile, attributes_of
from commonhold.core.problems import Problem

LONGEST: Final = 65_536  # bytes of JSON: they are read with every name


def encoded(attributes: Mapping[str, Any]) -> str:
    """Return attributes as they are kept.

    :raises Problem: too_large, invalid_field
    """
    try:
        text = msgspec.json.encode(dict(attributes)).decode()
    except (TypeError, UnicodeEncodeError):
        raise Problem("invalid_field", field="attributes") from None
    if len(text) > LONGEST:
        raise Problem("too_large", field="attributes", most=LONGEST)
    return text


def merged(profile: Profile, change: Mapping[str, Any]) -> str:
    """Return the attributes of a profile with some of them changed; None takes one away.

    :raises Problem: too_large, invalid_field
    """
    found = {**attributes_of(profile), **change}
    return encoded({name: value for name, value in found.items() if value is not None})
