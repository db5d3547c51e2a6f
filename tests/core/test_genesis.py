"""The rows that every installation starts with."""

from commonhold.core.genesis import first_rows
from commonhold.core.model import EVERYONE, FIRST_FREE_NO, LINK, MAIN_ORG, Principal, Profile
from commonhold.core.roles import Kind


def test_first_rows() -> None:
    """Everyone, the link, and one organisation exist, with names, below the first number that is given out."""
    rows = first_rows(5)
    kinds = {row.no: row.kind for row in rows if isinstance(row, Principal)}

    assert kinds == {EVERYONE: Kind.EVERYONE, LINK: Kind.LINK, MAIN_ORG: Kind.ORG}
    assert {row.no: row.kind for row in rows if isinstance(row, Profile)} == kinds
    assert max(kinds) < FIRST_FREE_NO
    assert {row.made_at for row in rows if isinstance(row, Principal)} == {5}


def test_always_the_same() -> None:
    """Every engine, process and start writes the same rows."""
    assert first_rows(5) == first_rows(5)
