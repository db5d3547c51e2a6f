"""Small forms: read as a whole, in bounds, and only what is one."""

from collections.abc import Iterable
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http.peer import request

from commonhold.core.problems import Problem
from commonhold.http.forms import FIELDS, LIMIT, URLENCODED, form_of

Headers = Iterable[tuple[str, str]]
FORM = (("content-type", URLENCODED),)


async def form(body: bytes, headers: Headers = FORM, *, cut: bool = False) -> dict[str, str]:
    """Read a form that comes in two chunks."""
    half = len(body) // 2
    return await form_of(request("POST", headers, [body[:half], body[half:]], cut=cut))


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.text(st.characters(exclude_categories=["Cs"])),
        max_size=FIELDS,
    )
)
async def test_what_a_browser_sends_is_read(fields: dict[str, str]) -> None:
    """Every field comes back as it was typed, empty ones too."""
    assert await form(urlencode(fields).encode()) == fields


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a", {"a": ""}),
        (b"a=b=c&&d=%26", {"a": "b=c", "d": "&"}),
        (b"a=1+2%2B3", {"a": "1 2+3"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
    ],
)
async def test_odd_forms_have_one_meaning(body: bytes, fields: dict[str, str]) -> None:
    """Of a field sent twice the last one counts; separators and empty values are read as browsers write them."""
    assert await form(body) == fields


async def test_the_content_type() -> None:
    """Parameters and case do not matter, none at all is a form (curl -X POST); another type is refused."""
    assert await form(b"a=1", [("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")]) == {"a": "1"}
    assert await form(b"a=1", []) == {"a": "1"}
    for other in ("multipart/form-data; boundary=x", "application/json", "text/plain"):
        with pytest.raises(Problem, match="unsupported_media_type"):
            await form(b"a=1", [("content-type", other)])


@pytest.mark.parametrize(
    "body", [b"a=\xff", "ä=1".encode(), b"a=%ff", b"a=%ED%A0%80", b"&".join([b"a=1"] * (FIELDS + 1))]
)
async def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    """Bytes that are no text, and more fields than any page of ours has, are a malformed body."""
    with pytest.raises(Problem, match="malformed_body"):
        await form(body)


async def test_forms_are_bounded_and_whole() -> None:
    """More bytes than a form may have are refused; so is one whose end did not arrive."""
    assert len((await form(b"a=" + b"x" * (LIMIT - 2)))["a"]) == LIMIT - 2
    with pytest.raises(Problem, match="too_large"):
        await form(b"a=" + b"x" * LIMIT)
    with pytest.raises(Problem, match="incomplete_body"):
        await form(b"a=1", cut=True)
