"""Ranges and conditions, by the tables of RFC 9110 and by their laws."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from commonhold.core.problems import Problem
from commonhold.http.ranges import Content, Part, content_range, parse_range, select, unsatisfied

CONTENT = Content(size=1000, tag="abc", modified=1_700_000_000_999)
THEN, BEFORE, AFTER = (
    "Tue, 14 Nov 2023 22:13:20 GMT",
    "Tue, 14 Nov 2023 22:13:19 GMT",
    "Tue, 14 Nov 2023 22:13:21 GMT",
)
WHOLE, UNCHANGED, FIRST = Part(200, 0, 1000), Part(304, 0, 0), Part(206, 0, 10)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-999", (0, 1000)),
        ("bytes=0-5000", (0, 1000)),
        ("bytes=500-", (500, 1000)),
        ("bytes=-1", (999, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("BYTES=5-9", (5, 10)),
        ("bytes= 5-9 ", (5, 10)),
        ("bytes=5-9,", (5, 10)),
        ("bytes=0005-0009", (5, 10)),
        ("bytes=0-" + "9" * 5000, (0, 1000)),
    ],
)
def test_one_range(value: str, expected: tuple[int, int]) -> None:
    """One range gives the bytes it means, cut to the content."""
    assert parse_range(value, 1000) == expected


@pytest.mark.parametrize(
    "value",
    [
        *["", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5", "bytes=9-5", "bytes=--5", "bytes=1-2-3"],
        *["bytes=+1-2", "bytes=1 - 2", "bytes=٣-٤", "items=0-5", "bytes=0-5,x", "bytes=0-5,10-20", "bytes=0-5,5000-"],
    ],
)
def test_everything_instead(value: str) -> None:
    """No range, another unit, a malformed one and several at once are answered with everything."""
    assert parse_range(value, 1000) is None


@pytest.mark.parametrize(
    "value", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=2000-,-0", "bytes=" + "9" * 5000 + "-"]
)
def test_beyond_the_content(value: str) -> None:
    """A range without a byte of the content is refused, and the size is told."""
    with pytest.raises(Problem) as raised:
        parse_range(value, 1000)

    assert raised.value == Problem("bad_range", field="Range", size=1000)
    assert unsatisfied(1000)["content-range"] == "bytes */1000"


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=-5", "bytes=10-20"])
def test_ranges_of_nothing(value: str) -> None:
    """An empty content is sent whole, whatever part is asked for: there is no part of it."""
    assert parse_range(value, 0) is None


@given(st.integers(0, 2000), st.integers(0, 2000) | st.none(), st.integers(1, 1000))
def test_a_range_is_a_slice(first: int, last: int | None, size: int) -> None:
    """What a range brings is what a slice of the content brings."""
    content = bytes(number % 251 for number in range(size))
    expected = content[first:] if last is None else content[first : last + 1]
    value = f"bytes={first}-{'' if last is None else last}"

    try:
        span = parse_range(value, size)
    except Problem:
        assert first >= size
    else:
        if span is None:
            assert last is not None
            assert last < first
        else:
            assert content[slice(*span)] == expected


@given(st.integers(1, 5000), st.integers(1, 700))
def test_consecutive_ranges_make_the_whole(size: int, step: int) -> None:
    """A download in pieces has every byte once: the lengths add up, each piece begins where the last one ended."""
    spans = [parse_range(f"bytes={start}-{start + step - 1}", size) for start in range(0, size, step)]

    assert [start for start, _ in filter(None, spans)] == list(range(0, size, step))
    assert sum(end - start for start, end in filter(None, spans)) == size


@given(st.text() | st.from_regex(r"bytes=[-0-9, ]*", fullmatch=True), st.integers(0, 10**15))
@example("bytes=" + "0" * 5000 + "-", 5)
@example("bytes=-" + "9" * 30, 10**15)
def test_any_header(value: str, size: int) -> None:
    """Whatever is sent, the answer is everything, a part that is not empty and within bounds, or ``bad_range``."""
    span: tuple[int, int] | Problem | None
    try:
        span = parse_range(value, size)
    except Problem as problem:
        span = problem

    if isinstance(span, tuple):
        assert 0 <= span[0] < span[1] <= size
    else:
        assert span is None or (size and span == Problem("bad_range", field="Range", size=size))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, WHOLE),
        ({"range": "bytes=0-9"}, FIRST),
        # who has it already
        ({"if-none-match": '"abc"'}, UNCHANGED),
        ({"if-none-match": 'W/"abc"'}, UNCHANGED),
        ({"if-none-match": '"x", W/"abc" ,"y"'}, UNCHANGED),
        ({"if-none-match": '"a,b", "abc"'}, UNCHANGED),
        ({"if-none-match": "*"}, UNCHANGED),
        ({"if-none-match": '"x"'}, WHOLE),
        ({"if-none-match": "abc"}, WHOLE),
        ({"if-none-match": '"abc"', "range": "bytes=0-9"}, UNCHANGED),
        ({"if-modified-since": THEN}, UNCHANGED),
        ({"if-modified-since": AFTER}, UNCHANGED),
        ({"if-modified-since": BEFORE}, WHOLE),
        ({"if-modified-since": "yesterday"}, WHOLE),
        ({"if-modified-since": "Tue, 14 Nov 99999 22:13:20 GMT"}, WHOLE),
        ({"if-modified-since": "Tuesday, 14-Nov-23 22:13:20 GMT"}, UNCHANGED),
        ({"if-modified-since": "Tue Nov 14 22:13:20 2023"}, UNCHANGED),
        # a tag is surer than a date
        ({"if-none-match": '"x"', "if-modified-since": THEN}, WHOLE),
        ({"if-match": '"abc"', "if-unmodified-since": BEFORE}, WHOLE),
        # only if it is still the same
        ({"if-match": '"x", "abc"'}, WHOLE),
        ({"if-match": "*"}, WHOLE),
        ({"if-unmodified-since": THEN}, WHOLE),
        ({"if-unmodified-since": "never"}, WHOLE),
        # the rest of a download, if it is still the same; else everything
        ({"range": "bytes=0-9", "if-range": '"abc"'}, FIRST),
        ({"range": "bytes=0-9", "if-range": '"x"'}, WHOLE),
        ({"range": "bytes=0-9", "if-range": 'W/"abc"'}, WHOLE),
        ({"range": "bytes=0-9", "if-range": THEN}, FIRST),
        ({"range": "bytes=0-9", "if-range": AFTER}, WHOLE),
        ({"range": "bytes=0-9", "if-range": "nonsense"}, WHOLE),
        ({"range": "bytes=5000-", "if-range": '"x"'}, WHOLE),
    ],
)
def test_conditions(headers: dict[str, str], expected: Part) -> None:
    """Each condition of RFC 9110 decides as the standard says, in the order of precedence it gives."""
    assert select("GET", Headers(headers), CONTENT) == expected


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"if-match": '"x"'}, "If-Match"),
        ({"if-match": 'W/"abc"'}, "If-Match"),
        ({"if-match": ""}, "If-Match"),
        ({"if-unmodified-since": BEFORE}, "If-Unmodified-Since"),
        ({"if-match": '"x"', "if-none-match": '"abc"'}, "If-Match"),
    ],
)
def test_failed_preconditions(headers: dict[str, str], field: str) -> None:
    """A precondition that is not met is refused by name; a weak tag is never enough."""
    with pytest.raises(Problem) as raised:
        select("GET", Headers(headers), CONTENT)

    assert raised.value == Problem("precondition_failed", field=field)


def test_lists_over_several_lines() -> None:
    """A list of tags may stand in several lines of the same name."""
    headers = Headers(raw=[(b"if-none-match", b'"x"'), (b"if-none-match", b'"abc"')])

    assert select("GET", headers, CONTENT) == UNCHANGED


def test_head_has_no_ranges() -> None:
    """Ranges are for GET alone: HEAD tells of everything."""
    assert select("HEAD", Headers({"range": "bytes=0-9"}), CONTENT) == WHOLE


def test_headers() -> None:
    """Tag, moment and part are written as the standard has them."""
    assert CONTENT.etag == '"abc"'
    assert CONTENT.last_modified == THEN
    assert content_range(0, 10, 1000) == "bytes 0-9/1000"
    assert FIRST.length == 10


@pytest.mark.parametrize(
    ("modified", "expected"),
    [(-(10**15), "Thu, 01 Jan 1970 00:00:00 GMT"), (10**18, "Fri, 31 Dec 9999 23:59:59 GMT")],
)
def test_moments_that_cannot_be_written(modified: int, expected: str) -> None:
    """A moment beyond what HTTP can write becomes the nearest that it can."""
    content = Content(1, "a", modified)

    assert content.last_modified == expected
    assert select("GET", Headers({"if-modified-since": expected}), content).status == 304


@given(st.text())
def test_any_condition(value: str) -> None:
    """No value of a condition breaks anything."""
    for name in ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"):
        headers = Headers(raw=[(name.encode(), value.encode("latin-1", "ignore")), (b"range", b"bytes=0-9")])
        answers = [WHOLE, UNCHANGED, FIRST]
        with suppress(Problem):
            assert select("GET", headers, CONTENT) in answers
