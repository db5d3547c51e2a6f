"""Texts of users in mails: readable, and harmless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.work.neutral import JOINER, name, note, one_line

# What mail programs make a link of, in any of their ways.
LINKABLE = re.compile(r"[a-z][a-z0-9+.-]*:[^\s]|www\.[^\s\u2060]|[^\s]@[^\s\u2060]|\w\.[a-z]{2,}", re.I)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/x",
        "HTTPS://EVIL.EXAMPLE",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\u200bscript:alert(1)",
        "data:text/html,x",
        "mailto:a@evil.example",
        "a@evil.example",
        "www.evil.example",
        "evil.example",
        "http:\u2060//evil.example",
        "ht\u202etp://evil.example",
        "[click](https://evil.example)",
        "<https://evil.example>",
        "_https://evil.example",
        "1https://evil.example",
        "https\uff1a//evil\u3002example",
        "file:///etc/passwd",
        "//evil.example",
        "x.https://evil.example",
    ],
)
def test_nothing_can_be_clicked(text: str) -> None:
    """No form of address survives in which a mail program would make a link of it."""
    assert LINKABLE.search(text) or not text.isascii() or text.startswith(("java", "//"))
    for made in (name(text), *note(text)):
        assert not LINKABLE.search(made.replace("\uff1a", ":").replace("\u3002", ".")), made
    assert not re.search(r"[a-z]:[^\s]", one_line(text), re.I)


@pytest.mark.parametrize("text", ["Report 2026.pdf", "Ünïcode 🎈", "10:30 to 11:00", "a, b: c", "O'Neil & Söhne"])
def test_ordinary_names_stay_readable(text: str) -> None:
    """What people call things looks as they wrote it."""
    assert name(text).replace(JOINER, "") == one_line(text) == text


@given(st.text(max_size=300))
def test_one_line_and_nothing_hidden(text: str) -> None:
    """Whatever somebody wrote becomes one line without control characters that any mail can carry."""
    for made in (one_line(text), name(text)):
        assert len(made.splitlines()) <= 1
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", made)
        made.encode()
    assert len(one_line(text)) <= 120


@given(st.text(max_size=300) | st.text("htps:/.@wevil \n\u200b\u2060\uff1a", max_size=40))
def test_notes_are_lines(text: str) -> None:
    """A note becomes lines, each of them harmless by itself."""
    for line in note(text):
        assert len(line.splitlines()) <= 1
        assert not LINKABLE.search(line), line


def test_long_texts_are_cut() -> None:
    """What is long is cut, and shows it."""
    assert len(one_line("x" * 500)) == 120
    assert one_line("x" * 500).endswith("…")
    assert note("a\n" * 50)[-1] == "…"
    assert len(note("a\n" * 50)) == 21
    assert sum(map(len, note("x" * 5_000))) == 1_000


def test_notes_keep_their_lines() -> None:
    """Lines end where the writer ended them, in whatever way."""
    assert note("a\r\nb\rc\u2028d\n\ne") == ["a", "b", "c", "d", "", "e"]
