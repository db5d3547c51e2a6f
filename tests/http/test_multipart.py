"""Forms with files, as browsers and scripts send them, and as attackers do."""

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from tests.http.peer import request

from commonhold.core.problems import Problem
from commonhold.http.multipart import OVERHEAD, FormLimits, form_parts
from commonhold.http.streams import closing

FIELD = b'--X\r\nContent-Disposition: form-data; name="note"\r\n\r\nh\xc3\xa9llo\r\n'
FILE = (
    b'--X\r\nContent-Disposition: form-data; name="file"; filename="a b.txt"\r\nContent-Type: text/plain\r\n\r\n'
    b"one\r\n--two\r\n--X-ish\r\n"
)
END = b"--X--\r\n"


def form(*pieces: bytes, kind: str = "multipart/form-data; boundary=X", cut: bool = False) -> Request:
    """Make a request with this form."""
    return request("POST", [("Content-Type", kind)], pieces, cut=cut)


async def read(asked: Request, bounds: FormLimits | None = None) -> list[tuple[str, str | None, str, bytes]]:
    """Read all parts of a form."""
    return [
        (part.name, part.filename, part.media_type, b"".join([chunk async for chunk in part]))
        async for part in form_parts(asked, limit=1000, bounds=bounds or FormLimits())
    ]


BOTH = [
    ("note", None, "application/octet-stream", "héllo".encode()),
    ("file", "a b.txt", "text/plain", b"one\r\n--two\r\n--X-ish"),
]


async def test_fields_and_files() -> None:
    """Fields and files come in their order, with name, file name, type and content."""
    assert await read(form(FIELD + FILE + END)) == BOTH


@given(st.integers(1, 60))
def test_however_it_is_cut_into_chunks(size: int) -> None:
    """Where the network cuts a form makes no difference."""
    body = FIELD + FILE + END
    pieces = [body[at : at + size] for at in range(0, len(body), size)]

    assert asyncio.run(read(form(*pieces))) == BOTH


@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_content(content: bytes, size: int) -> None:
    """A file may hold anything but its boundary."""
    head, tail = FILE.partition(b"one")[0], b"\r\n" + END
    body = head + content.replace(b"--X", b"") + tail
    pieces = [body[at : at + size] for at in range(0, len(body), size)]

    assert asyncio.run(read(form(*pieces)))[0][3] == content.replace(b"--X", b"")


async def test_text() -> None:
    """A plain field is read as text."""
    assert [await part.text() async for part in form_parts(form(FIELD, END), limit=10)] == ["héllo"]


async def test_unread_parts_are_skipped() -> None:
    """A part nobody reads, or reads to its end, does not spill into the next."""
    names = []
    async for part in form_parts(form(FILE + FIELD + FILE + END), limit=10):
        names.append(part.name)
        if len(names) == 1:
            async for _ in part:
                break

    assert names == ["file", "note", "file"]


async def test_parts_that_are_closed_are_skipped() -> None:
    """A reader who closes a part in the middle, as a failed upload does, goes on with the next."""
    names = []
    async for part in form_parts(form(*[FILE[at : at + 1] for at in range(len(FILE))], FIELD, END), limit=10):
        names.append(part.name)
        async with closing(aiter(part)) as chunks:
            await anext(chunks)

    assert names == ["file", "note"]


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        (b'form-data; name="a"; filename=""', "a", ""),
        (b"form-data; name=a; filename=b.txt", "a", "b.txt"),
        ('form-data; name="ä"; filename="ö.txt"'.encode(), "ä", "ö.txt"),
        (rb'form-data; name="a"; filename="x\"y.txt"', "a", 'x"y.txt'),
        (rb'form-data; name="a"; filename="C:\fakepath\y.txt"', "a", "y.txt"),
        (b'form-data; name="a"; filename="../../etc/passwd"', "a", "../../etc/passwd"),
    ],
)
async def test_names(disposition: bytes, name: str, filename: str) -> None:
    """Names are taken as they are sent (UTF-8); whether a name may be used is not decided here."""
    body = b"--X\r\nContent-Disposition: " + disposition + b"\r\n\r\n1\r\n" + END

    assert [part[:2] for part in await read(form(body))] == [(name, filename)]


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"--Y\r\n\r\n--Y--\r\n",
        b"--X\r\n\r\n1\r\n" + END,
        b"--X\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n" + END,
        b"--X\r\nContent-Disposition: form-data\r\n\r\n1\r\n" + END,
        b"--X\r\nContent-Disposition: form-data; name=\xff\r\n\r\n1\r\n" + END,
        b"--X\r\nContent-Disposition: form-data; name=a; filename=\xff\r\n\r\n1\r\n" + END,
        b"--X\r\nNo colon\r\n\r\n1\r\n" + END,
        b"--X\r\nX: " + b"y" * 5000 + b"\r\n\r\n1\r\n" + END,
        b"--X\r\n" + b"X: y\r\n" * 20 + b"\r\n1\r\n" + END,
    ],
)
async def test_malformed(body: bytes) -> None:
    """A form that breaks the rules, or its bounds, is refused as malformed."""
    with pytest.raises(Problem, match="malformed_body"):
        await read(form(body))


@pytest.mark.parametrize("body", [b"", FIELD, FIELD + FILE, FIELD + b"--X", FIELD[:20]])
async def test_without_an_end(body: bytes) -> None:
    """A form that stops before its end is incomplete, whatever came before."""
    with pytest.raises(Problem, match="incomplete_body"):
        await read(form(body))


async def test_a_cut_connection() -> None:
    """A connection that is gone in the middle of a file reaches whoever reads the file."""
    with pytest.raises(Problem, match="incomplete_body"):
        await read(form(FILE[:-10], cut=True))


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("application/json", "unsupported_media_type"),
        ("", "unsupported_media_type"),
        ("multipart/mixed; boundary=X", "unsupported_media_type"),
        ("multipart/form-data", "malformed_body"),
        ("multipart/form-data; boundary=", "malformed_body"),
        ("multipart/form-data; boundary=" + "x" * 500, "malformed_body"),
    ],
)
async def test_other_types(kind: str, code: str) -> None:
    """Only a form is read as a form, and it must name its boundary."""
    with pytest.raises(Problem, match=code):
        await read(form(FIELD + END, kind=kind))


async def bounded(asked: Request, bounds: FormLimits) -> Iterable[str]:
    """Read all fields as text."""
    return [await part.text() async for part in form_parts(asked, limit=1000, bounds=bounds)]


@pytest.mark.parametrize(
    ("bounds", "problem"),
    [
        (FormLimits(parts=1), Problem("too_large", field="parts", limit=1)),
        (FormLimits(field=5), Problem("too_large", field="note", limit=5)),
    ],
)
async def test_bounds(bounds: FormLimits, problem: Problem) -> None:
    """Too many parts, and a field that is too long, are refused with the bound."""
    with pytest.raises(Problem) as raised:
        await bounded(form(FIELD + FIELD + END), bounds)

    assert raised.value == problem


async def test_text_that_is_none() -> None:
    """A field that is not UTF-8 cannot be read as text."""
    with pytest.raises(Problem, match="malformed_body"):
        await bounded(form(FIELD.replace(b"\xa9", b"x") + END), FormLimits())


async def test_too_large() -> None:
    """A form beyond the limit of its files, and the little it may have beside them, is refused."""
    with pytest.raises(Problem, match="too_large"):
        await read(form(FILE[:-2], bytes(OVERHEAD + 1000), b"\r\n" + END))
