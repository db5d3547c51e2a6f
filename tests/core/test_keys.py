"""Keys: what counts as the same name, address or word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.core.keys import address_key, person_key, words_of


@pytest.mark.parametrize("name", ["STRASSE", "straße", "Strasse", "ＳＴＲＡＳＳＥ", "strasse"])
def test_names_of_people(name: str) -> None:
    """Case, width and compatibility forms do not tell people apart."""
    assert person_key(name) == "strasse"


@pytest.mark.parametrize("name", ["strase", "strasse ", "ѕtrasse", "strásse"])
def test_other_names(name: str) -> None:
    """Accents, spaces, and letters of another script do."""
    assert person_key(name) != "strasse"


@given(st.text())
def test_keys_of_keys(text: str) -> None:
    """The key of a key is the key itself."""
    assert person_key(person_key(text)) == person_key(text)
    assert address_key(address_key(text)) == address_key(text)


@pytest.mark.parametrize(
    ("one", "other"), [("\u212a@b.org", "k@b.org"), ("ß@b.org", "ss@b.org"), ("ａ@b.org", "a@b.org")]
)
def test_two_mailboxes(one: str, other: str) -> None:
    """Two addresses that two persons can have are never one, however alike they are; ASCII case alone falls."""
    assert address_key(one) != address_key(other)
    assert address_key("Ann@B.org") == "ann@b.org"


def test_words() -> None:
    """A text is searched by its words: whatever is no letter or digit stands between them."""
    assert words_of("Annual_Report-2026 (ﬁnal).PDF") == ["annual", "report", "2026", "final", "pdf"]
    assert words_of(' "*" ') == []
