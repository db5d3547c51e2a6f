"""Names, addresses, attributes, and structs that hold secrets."""

import unicodedata
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.directory.town import refused

from commonhold.core.directory.addresses import address_key, address_of, is_address
from commonhold.core.directory.attributes import LONGEST, encoded
from commonhold.core.directory.digests import digest, network, subject
from commonhold.core.directory.names import part_of_name, title, user_name
from commonhold.core.directory.secret import Discreet
from commonhold.core.keys import person_key
from commonhold.core.problems import Problem


@pytest.mark.parametrize("name", ["alice", "A", "a.b-c_d", "x" * 64, "0", "...a"])
def test_user_names(name: str) -> None:
    """ASCII letters, digits, dots, dashes and underscores make a log-in name, as written."""
    assert name == user_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "...", "a b", "a/b", "ä", "a@b", "x" * 65, "a\n", "a\0", "ａ"])
def test_bad_user_names(name: str) -> None:
    """What means something in a path, looks like something else, or is too long is no log-in name."""
    with refused("bad_name", field="name"):
        user_name(name)


@given(st.text())
def test_user_name_is_its_own_canonical_form(name: str) -> None:
    """Law: a log-in name that is taken is ASCII, and its key is the name in lower case and nothing else."""
    try:
        found = user_name(name)
    except Problem:
        return
    assert found == name == unicodedata.normalize("NFKC", name)
    assert name.lower() == person_key(name)


@given(st.text())
def test_title_is_its_own_canonical_form(text: str) -> None:
    """Law: making a title of a title changes nothing, and no title holds a sign that cannot be seen."""
    try:
        found = title(text)
    except Problem:
        return
    assert found == title(found) == unicodedata.normalize("NFC", found)
    assert not any(unicodedata.category(sign).startswith("C") for sign in found)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "name_empty"),
        ("  ", "name_empty"),
        ("a\nb", "name_forbidden"),
        ("a\u202eb", "name_forbidden"),
        ("\ud800", "name_forbidden"),
        ("ä" * 128, "name_too_long"),
    ],
)
def test_bad_titles(text: str, code: str) -> None:
    """A title is not empty, at most 255 bytes, and without control, direction or broken signs."""
    with refused(code, field="title"):
        title(text)


def test_parts_of_names() -> None:
    """An empty first name is none; others are kept without spaces around."""
    assert [part_of_name(text, "first_name") for text in (None, "", " ", " Ada ")] == [None, None, None, "Ada"]


@pytest.mark.parametrize("text", ["a@example.org", "A.b+c@ex-ample.co.uk", " a@b.c "])
def test_addresses(text: str) -> None:
    """An address is kept as written, without spaces around it."""
    assert text.strip() == address_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@",
        "@b.c",
        "a@b",
        "a@b..c",
        ".a@b.c",
        "a.@b.c",
        "a..b@c.d",
        "a b@c.d",
        "a@-b.c",
        "a@b.c\n",
        "\u212aim@example.org",
        "a@\u212a.org",
        "x" * 65 + "@b.c",
        "a@" + "b" * 64 + ".c",
        "a" * 60 + "@" + "b." * 99 + "c",
    ],
)
def test_bad_addresses(text: str) -> None:
    """Nothing that mail cannot be sent to, and nothing that another mailbox's address could be folded from."""
    assert not is_address(text)


@given(st.from_regex(r"[A-Za-z0-9.\u0130\u212a]{1,8}@[A-Za-z0-9.\u212a]{1,8}", fullmatch=True))
def test_one_key_one_mailbox(text: str) -> None:
    """Law: the key of an address differs from it in the case of ASCII letters only."""
    if is_address(text):
        assert text.isascii()
        assert text.lower() == address_key(text)


def test_attributes_are_bounded() -> None:
    """Attributes are JSON of at most 64 KiB; what is no JSON is refused."""
    assert encoded({"tags": ["a"]}) == '{"tags":["a"]}'
    with refused("too_large", field="attributes", most=LONGEST):
        encoded({"a": "x" * LONGEST})
    with refused("invalid_field", field="attributes"):
        encoded({"a": object()})


def test_digests_take_anything() -> None:
    """A secret is found by its SHA-256; half a surrogate pair is a secret that nobody has, not an error."""
    assert 32 == len(digest("x")) == len(digest("\ud800"))
    assert digest("x") != digest("y")


def test_subjects_keep_apart() -> None:
    """What is counted stands there as a digest, and parts do not run into one another."""
    assert subject("a", "bc") != subject("ab", "c")
    assert "alice" not in subject("account", "alice")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_places(address: str, place: str) -> None:
    """One IPv6 line is one place, however many addresses it has."""
    assert place == network(address)


def test_secrets_are_not_shown() -> None:
    """A struct with a secret shows that there is one, never which."""

    class Holder(Discreet, frozen=True):
        secrets: ClassVar = frozenset({"password"})
        name: str
        password: str | None = None

    assert "Holder(name='a', password=…)" == repr(Holder("a", "hidden")) == str(Holder("a", "hidden"))
    assert f"{Holder('a')}" == "Holder(name='a', password=None)"
