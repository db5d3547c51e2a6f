"""Names and paths: one canonical form, and nothing that could be read as something else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.core.content.names import canonical, format_path, numbered, parse_path, tidy
from commonhold.core.identity import Path
from commonhold.core.limits import Limits
from commonhold.core.problems import Problem

TEXT = st.text(max_size=60) | st.text(alphabet="ab./\\% 2eEfF5cC0․‥／＼％é\u0301\u202e\x00", max_size=12)

HARMLESS = [
    "a", "A b.txt", ".hidden", "..a", "a..b", "100%", "50 % off", "%zz", "café", "日本語.txt", "नमस्ते", "👩‍👩‍👧",
    "Wait…", "a:b", "x" * 255, "½ price", "$HOME", "~", "a'b\"c", "-rf", "<b>", "CON",
]  # fmt: skip
FORBIDDEN = [
    ".", "..", "...", "a.", "a/b", "/", "\\", "a\\b", "a\x00b", "a\nb", "\x7f", "a\x85b", " a", "a ", "\u00a0a",
    "a\u3000", "%2e", "%2E%2e", ".%2e", "%2f", "a%2Fb", "a%5cb", "%00", "a%0ab", "%252e", "%25252e%25252e", "%252f",
    "․", "‥", "．．", "．", "․.", "／", "a／b", "＼", "﹨", "℀", "％2e", "%2％65", "%ef%bc%8f", "%e2%80%ae",
    "a\u202eb", "\u2066a", "a\u200e", "\u061ca", "a\u200bb", "\ufeffa", "a\u2028b", "a\ud800b", "\uffff",
]  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_ordinary_names_pass_unchanged(name: str) -> None:
    """Names of any language, with dots, percent signs and emoji inside, are taken as they are."""
    assert canonical(name) == name


@pytest.mark.parametrize("name", FORBIDDEN)
def test_tricks_are_refused(name: str) -> None:
    """Dot names, separators, control, direction and invisible characters are refused, encoded or as look-alikes."""
    with pytest.raises(Problem) as refused:
        canonical(name)

    assert (refused.value.code, refused.value.facts) == ("name_forbidden", {"field": "name"})


@pytest.mark.parametrize("name", ["", " ", "\u3000\t"])
def test_nothing_is_no_name(name: str) -> None:
    """An empty name, or one of blanks only, is told apart from a forbidden one."""
    with pytest.raises(Problem) as refused:
        canonical(name, field="title")

    assert refused.value == Problem("name_empty", field="title")


@pytest.mark.parametrize("name", ["x" * 256, "é" * 128, "e\u0301" * 128, "x" * 10_000_000])
def test_long_names_are_refused(name: str) -> None:
    """The limit counts the bytes of the composed form; something huge is refused without being looked at."""
    with pytest.raises(Problem) as refused:
        canonical(name)

    assert refused.value == Problem("name_too_long", field="name", limit=255)


@given(TEXT)
def test_canonical_is_a_fixed_point(text: str) -> None:
    """The canonical form of a canonical name is itself, whatever composition the name came in."""
    try:
        name = canonical(text)
    except Problem:
        return

    assert canonical(name) == name == canonical(unicodedata.normalize("NFD", text))


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_a_path_means_what_its_canonical_form_means(parts: list[str]) -> None:
    """Whatever is accepted as a path reads back as the same path, and its parts are canonical names."""
    try:
        path = parse_path("/" + "/".join(parts))
    except Problem:
        return

    assert parse_path(format_path(path)) == path == Path(tuple(canonical(name) for name in path.names))
    assert not {".", ".."} & set(path.names)


@pytest.mark.parametrize(
    "text",
    ["", "/", "a", "a/b", "//a", "/a//b", "/a/", "/a/..", "/a/../b", "/./a", "/a/%2e%2e", "/a/b%2fc", "/a/\\b",
     "/a/b\x00", "~/a", "/a/ b", "/a/b.", "/" + "a/" * 70 + "a", "/" + "/".join("a" * 66)],
)  # fmt: skip
def test_odd_paths_are_refused(text: str) -> None:
    """Relative paths, empty parts, dot parts, encoded tricks and endless paths are no paths."""
    with pytest.raises(Problem) as refused:
        parse_path(text)

    assert refused.value.code == "bad_path"


def test_two_compositions_are_one_path() -> None:
    """A composed and a decomposed letter name the same item; case tells names apart."""
    assert parse_path("/ann/cafe\u0301") == parse_path("/ann/café") != parse_path("/ann/Café")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.txt", "a (2).txt"), ("a", "a (2)"), (".hidden", ".hidden (2)"), ("a.tar.gz", "a.tar (2).gz"),
     ("Dr. No", "Dr. No (2)"), ("x" * 255, "x" * 251 + " (2)"), ("é" * 127, "é" * 125 + " (2)")],
)  # fmt: skip
def test_numbered_names(name: str, expected: str) -> None:
    """A number goes before the ending, and the name stays within its limit."""
    assert numbered(name, 2) == expected == canonical(expected)


@given(TEXT | st.sampled_from(FORBIDDEN + HARMLESS), st.integers(2, 999))
def test_any_text_can_be_made_a_name(text: str, number: int) -> None:
    """A title that no name may have becomes a canonical name, and so does that name with a number."""
    name = tidy(text, Limits(name_bytes=40))

    assert canonical(name, Limits(name_bytes=40)) == name
    assert canonical(numbered(name, number)) == numbered(name, number)
