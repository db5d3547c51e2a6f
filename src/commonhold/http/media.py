"""Media types: what a file is, and what a browser may show of it in our own origin."""

import codecs
import mimetypes
import re
from typing import Final

import puremagic

OCTETS: Final = "application/octet-stream"
"""The type of bytes of which nothing is known."""

IMAGES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})
"""Images that run no code, whatever is in them."""

_SHOWN_AS_TEXT: Final = frozenset({"application/json", "application/toml", "application/yaml", "application/sql"})
_MARKUP: Final = frozenset({"text/html", "text/xml", "text/xsl", "application/xml", "application/xhtml+xml"})
_PLAIN_TEXT: Final = "text/plain; charset=utf-8"
_WELL_FORMED: Final = re.compile(r"[a-z0-9][\w!#$&^.+-]{0,126}/[a-z0-9][\w!#$&^.+-]{0,126}", re.ASCII | re.IGNORECASE)

_PACKED: Final = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."
_ADDED: Final = {
    ".7z": "application/x-7z-compressed",
    ".avif": "image/avif",
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".heic": "image/heic",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".mkv": "video/matroska",
    ".odp": f"{_OPEN}presentation",
    ".ods": f"{_OPEN}spreadsheet",
    ".odt": f"{_OPEN}text",
    ".ogg": "audio/ogg",
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".toml": "application/toml",
    ".ts": "text/plain",
    ".webp": "image/webp",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_PACKED_KINDS: Final = frozenset(
    {"application/pdf", "application/zip", "application/x-7z-compressed", *_PACKED.values()}
)


def _table() -> mimetypes.MimeTypes:
    """Build the table of name endings from Python's own list: the same on every machine."""
    table = mimetypes.MimeTypes(filenames=())
    for ending, kind in _ADDED.items():
        table.add_type(kind, ending)
    return table


_NAMES: Final = _table()


def clean_media_type(value: str) -> str:
    """Return the type without parameters, in lower case; what is not well-formed is a run of octets."""
    kind = value.partition(";")[0].strip()
    return kind.lower() if _WELL_FORMED.fullmatch(kind) else OCTETS


def media_type(name: str, head: bytes) -> str:
    """Tell the type of a file by its name, and by its first bytes (some 2 KiB are enough) where they matter.

    They matter where the name says nothing, and where it says an image that browsers show: that must be one.
    """
    named, encoding = _NAMES.guess_type(f"x{name[-64:]}", strict=True)
    if encoding:
        return {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}.get(
            encoding, OCTETS
        )
    if named is None:
        return _by_bytes(head)
    if named in IMAGES and head and named not in _seen(head):
        return _by_bytes(head)
    return named


def safe_inline(media_type: str) -> str | None:
    """Return the content type under which a browser may show this in our origin, or None: then it is a download.

    Text of every kind is shown as plain text. HTML, SVG and XML never are: they could run in the name of the reader.
    """
    kind = clean_media_type(media_type)
    if kind in IMAGES:
        return kind
    if kind in _MARKUP or kind.endswith("+xml"):
        return None
    return _PLAIN_TEXT if kind.startswith("text/") or kind in _SHOWN_AS_TEXT else None


def is_packed(media_type: str) -> bool:
    """Whether files of this type are compressed already, so that compressing them again is in vain."""
    kind = clean_media_type(media_type)
    return (
        kind in IMAGES
        or kind in _PACKED_KINDS
        or kind.startswith(("video/", "audio/", _OFFICE, _OPEN))
        or kind.endswith("+zip")
    )


def _by_bytes(head: bytes) -> str:
    seen = _seen(head)
    text = _is_text(head)
    for kind in seen:
        if kind in IMAGES or kind == "application/pdf" or (text and (kind in _MARKUP or kind == "image/svg+xml")):
            return kind
    if text:
        return "text/plain"
    if head.startswith(b"PK\x03\x04"):  # also the beginning of every office document, which only its name can tell
        return "application/zip"
    return seen[0] if seen else OCTETS


def _seen(head: bytes) -> list[str]:
    """Types whose signature the bytes bear, the surest first."""
    try:
        return [match.mime_type for match in puremagic.magic_string(head) if match.mime_type]
    except (puremagic.PureError, ValueError):  # no signature, or no bytes at all
        return []


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # not final: the cut may be within a letter
    except UnicodeDecodeError:
        return False
    return bool(head) and all(letter >= " " or letter in "\t\n\r\f\x1b" for letter in text)
