"""XML bodies: what is read, what is refused, and that what is written can be read again."""

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.core.problems import Problem
from commonhold.http.xml import MOMENT, each, from_xml, iso, moment_of, parse, to_xml, with_texts

LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
    b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
    b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:1/b"> %b;]><a/>',
    b"<!DOCTYPE a><a/>",
    b"<a>" * 1_000 + b"</a>" * 1_000,
    b"<a>&nbsp;</a>",
    b"<a><b></a></b>",
    b"<a/><a/>",
    b"<a",
    b"",
    b"{}",
    b"\x00",
    b'<?xml version="1.0" encoding="nowhere"?><a/>',
    b'<?xml version="1.0" encoding="utf-7"?><a/>',
    b"<a>\xff</a>",
)


class Inner(msgspec.Struct, omit_defaults=True):
    """Something inside."""

    name: str
    count: int | None = None


class Outer(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Something with every kind of field."""

    text: str | None = None
    flag: bool
    at: Annotated[int | None, MOMENT] = None
    inner: Inner | None = None
    entries: list[Inner] = []
    words: Annotated[list[str], each("mot")] = []


@pytest.mark.parametrize("body", LAUGHS)
def test_what_is_refused(body: bytes) -> None:
    """Document types, entities, references to the outside, too deep nesting and bad syntax are no documents."""
    with pytest.raises(Problem, match="malformed_body"):
        parse(body)


def test_lines_without_number_are_read_once() -> None:
    """A text of many lines costs no more than its length."""
    assert len(parse(b"<a>x" + b"\n" * 500_000 + b"x</a>").text) == 500_002


def test_what_is_read() -> None:
    """Fields are found by name whatever their namespace; unknown ones are left out; empty ones count as none."""
    body = b"""<?xml version="1.0"?><n:outer xmlns:n="urn:x"><n:flag> true </n:flag><unknown><a>1</a></unknown><text/>
      <inner><name>a &amp; b</name><count>5</count></inner><entries><entry><name>c</name></entry></entries>
      <words><mot>d</mot><mot>e</mot></words></n:outer>"""
    found = from_xml(body, Outer)
    assert found == Outer(flag=True, inner=Inner("a & b", 5), entries=[Inner("c")], words=["d", "e"])


@pytest.mark.parametrize(
    "body", [b"<a><flag>maybe</flag></a>", b"<a><flag>1</flag><inner><count>x</count></inner></a>"]
)
def test_what_does_not_fit(body: bytes) -> None:
    """A value of another kind, and a field that is missing, are named."""
    with pytest.raises(Problem) as caught:
        from_xml(body, Outer)
    assert caught.value.facts["field"].split(".")[0] in ("flag", "inner")


def test_a_moment_is_text() -> None:
    """A moment is ISO 8601 in XML, and in JSON where texts are wanted; what is out of range is the last there is."""
    value = Outer(flag=False, at=1_800_000_000_000)
    assert to_xml(value, "outer").endswith(b"<outer><flag>false</flag><at>2027-01-15T08:00:00Z</at></outer>")
    assert with_texts([value]) == [{"flag": False, "at": "2027-01-15T08:00:00Z"}]
    assert iso(10**18) == "9999-12-31T23:59:59Z"
    assert iso(-(10**18)) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-15T08:00:00Z", 1_800_000_000_000),
        ("2027-01-15T08:00:00.500Z", 1_800_000_000_500),
        ("2027-01-15T09:00:00+01:00", 1_800_000_000_000),
        ("2027-01-15T08:00:00", 1_800_000_000_000),
        ("2027-01-15", 1_799_971_200_000),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200_000),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_moments_are_read(text: str, moment: int | None) -> None:
    """ISO 8601 is read with or without zone, fractions and time of day."""
    assert moment_of(text) == moment


@given(st.text() | st.text(alphabet="\0\x01\t\r\n<>&\"'\ufffe😀"))
def test_every_text_can_be_written(text: str) -> None:
    """Whatever a text holds, the document can be read, and says the same where XML has a sign for it."""
    value: Any = Outer(flag=True, text=text)
    read = from_xml(to_xml(value, "outer"), Outer)
    assert read.flag
    if text.isprintable() and text.strip() == text != "":
        assert read.text == text
