"""The rows every installation starts with; each engine writes them when it makes its database."""

from typing import Final

from commonhold.core.keys import person_key
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, Principal, Profile, Row
from commonhold.core.roles import Kind

_WELL_KNOWN: Final = (
    (EVERYONE, Kind.EVERYONE, "Everyone"),
    (LINK, Kind.LINK, "Link"),
    (MAIN_ORG, Kind.ORG, "Main"),
)


def first_rows(now: int) -> tuple[Row, ...]:
    """Return the principals that always exist, with their names, made at ``now`` (milliseconds).

    They begin the sequence of numbers by hand: the first number an engine gives is ``FIRST_FREE_NO``.
    """
    principals = [Principal(no, f"00000000-0000-4000-8000-{no:012}", kind, made_at=now) for no, kind, _ in _WELL_KNOWN]
    profiles = [Profile(no, kind, name, person_key(name)) for no, kind, name in _WELL_KNOWN]
    return (*principals, *profiles)
