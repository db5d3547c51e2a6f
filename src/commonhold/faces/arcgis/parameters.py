"""Parameters of requests: in the query, in a form with or without files, or as JSON; their names know no case."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import IO, Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from commonhold.core.problems import Problem
from commonhold.faces.arcgis.rendering import FORMAT
from commonhold.http.bodies import body_of
from commonhold.http.face import SAFE, Call
from commonhold.http.multipart import FormLimits, FormPart, form_parts

EARLY: Final = 64 << 20
"""Bytes of a form whose token comes in the form itself: who sends it is known at its end only."""

LONGEST: Final = 10 << 20  # bytes of a form without files, and of one field: a web map has some MiB
_FIELDS: Final = 1_000
_IN_MEMORY: Final = 1 << 20  # bytes of a file that are held until the form has ended; more go to a temporary file
_CHUNK: Final = 1 << 18
_BOUNDS: Final = FormLimits(parts=_FIELDS, field=LONGEST)
_READ: Final = "commonhold.arcgis.parameters"
_FLAGS: Final = {"true": True, "false": False}


class Upload:
    """A file of a form, read to its end already: ``size`` in bytes."""

    def __init__(self, name: str, filename: str, media_type: str, held: IO[bytes], size: int) -> None:
        """Keep what the part said of itself, and where its bytes are held; they go with this value."""
        self.name = name
        self.filename = filename
        self.media_type = media_type
        self.size = size
        self._held = held

    def __del__(self) -> None:
        """Let go of the bytes, which nobody can ask for any more."""
        self._held.close()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes from the first one on."""
        self._held.seek(0)
        while chunk := self._held.read(_CHUNK):
            yield chunk


class Parameters:
    """The parameters of one request. A name that is not there is None everywhere."""

    def __init__(self, pairs: Iterable[tuple[str, str]], files: Mapping[str, Upload] | None = None) -> None:
        """Keep texts by lower-case names; of one given twice, the last counts.

        :raises Problem: invalid_field for a text that could not be kept
        """
        self._texts: dict[str, str] = {}
        self.files: Mapping[str, Upload] = files or {}  # by lower-case name
        for name, value in pairs:
            if "\0" in value or not _encodable(value):
                raise Problem("invalid_field", field=name[:100])
            self._texts[name.lower()] = value

    def __contains__(self, name: str) -> bool:
        """Tell whether a parameter is there, be it empty."""
        return name.lower() in self._texts

    def __iter__(self) -> Iterator[str]:
        """Yield the names, in lower case."""
        return iter(self._texts)

    def text(self, name: str) -> str | None:
        """Return a text as it was sent."""
        return self._texts.get(name.lower())

    def word(self, name: str) -> str | None:
        """Return a text without blanks around it; None also for an empty one."""
        return (self._texts.get(name.lower()) or "").strip() or None

    def flag(self, name: str) -> bool | None:
        """Return a flag: ``true`` or ``false`` in any case; whatever else is sent is as if it were not."""
        return _FLAGS.get((self.text(name) or "").strip().lower())

    def names(self, name: str) -> tuple[str, ...] | None:
        """Return a list: split at commas, trimmed, without empty ones and doubles; a blank one is empty."""
        text = self.text(name)
        if text is None:
            return None
        return tuple(dict.fromkeys(part for one in text.split(",") if (part := one.strip())))

    def number(self, name: str) -> int | None:
        """Return a whole number; None also for what is none, or beyond 64 bits."""
        text = (self.text(name) or "").strip()
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None

    @property
    def form(self) -> str:
        """How the reply is wanted: ``json``, ``pjson`` or ``html``."""
        return (self.word("f") or "json").lower()


def _encodable(text: str) -> bool:
    """Tell whether a text can be kept: JSON may hold halves of signs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


async def parameters_of(call: Call) -> Parameters:
    """Return the parameters of a call, read once.

    :raises Problem: malformed_body, invalid_field, too_large, incomplete_body
    """
    return await read(call.request, call.core.limits.upload)


async def read(request: Request, limit: int) -> Parameters:
    """Return the parameters of a request, with at most ``limit`` bytes of files; read once, however often asked for.

    :raises Problem: malformed_body, invalid_field, too_large, incomplete_body
    """
    found: Parameters | None = request.scope.get(_READ)
    if found is None:
        pairs = request.query_params.multi_items()
        if request.method in SAFE:
            found = Parameters(pairs)
        elif _kind(request) == "multipart/form-data":
            found = await _form(request, pairs, limit)
        else:
            found = Parameters([*pairs, *await _body(request)])
        request.scope[_READ] = found
        request.scope[FORMAT] = found.form
    return found


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _form(request: Request, pairs: list[tuple[str, str]], limit: int) -> Parameters:
    """Read a form with files."""
    files: dict[str, Upload] = {}
    async for part in form_parts(request, limit=limit, bounds=_BOUNDS):
        if part.filename is None:
            pairs.append((part.name, await part.text()))
        else:
            files[part.name.lower()] = await _held(part, part.filename)
    return Parameters(pairs, files)


async def _held(part: FormPart, filename: str) -> Upload:
    """Hold a file until its form has ended: fields that say what to do with it may come after it."""
    held = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it goes with the request
    size = 0
    try:
        async for chunk in part:
            held.write(chunk)
            size += len(chunk)
    except OSError as error:
        held.close()
        raise Problem("storage_full") from error
    except BaseException:
        held.close()
        raise
    return Upload(part.name, filename, part.media_type, held, size)


async def _body(request: Request) -> list[tuple[str, str]]:
    """Read a body without files: a form, or an object in JSON, whatever its content type says."""
    body = (await body_of(request, LONGEST)).strip()
    if body.startswith(b"{"):
        return _object(body)
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError:
        raise Problem("malformed_body") from None


def _object(body: bytes) -> list[tuple[str, str]]:
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Problem("malformed_body") from None
    return [(name, _as_text(value)) for name, value in found.items() if value is not None]


def _as_text(value: Any) -> str:
    """Return a value of JSON as a form would hold it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return msgspec.json.encode(value).decode()
