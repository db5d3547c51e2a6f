"""What a file is taken for, and what may be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.http.media import clean_media_type, is_packed, media_type, safe_inline

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(40)
GIF = b"GIF89a" + bytes(40)
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + bytes(40)
AVIF = b"\0\0\0\x1cftypavif" + bytes(40)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"
ZIP = b"PK\x03\x04" + bytes(40)


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        # the name says it
        ("a.txt", b"hello", "text/plain"),
        ("a.TXT", b"", "text/plain"),
        ("a.md", b"# x", "text/markdown"),
        ("a.html", b"hello", "text/html"),
        ("a.svg", b"<svg/>", "image/svg+xml"),
        ("a.docx", ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.tar.gz", b"\x1f\x8b", "application/gzip"),
        ("a.tar.xz", b"", "application/x-xz"),
        ("a.Z", b"", "application/octet-stream"),
        ("a.png", PNG, "image/png"),
        ("a.png", b"", "image/png"),
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.avif", AVIF, "image/avif"),
        # an image that is none
        ("a.png", b"<html><script>", "text/html"),
        ("a.gif", b"hello", "text/plain"),
        ("a.jpg", PNG, "image/png"),
        ("a.webp", bytes(40), "application/octet-stream"),
        # the name says nothing
        ("a", PNG, "image/png"),
        ("a", JPEG, "image/jpeg"),
        ("a", GIF, "image/gif"),
        ("a", WEBP, "image/webp"),
        ("a", AVIF, "image/avif"),
        ("a", PDF, "application/pdf"),
        ("a", ZIP, "application/zip"),
        ("README", b"hello\n", "text/plain"),
        ("a", "größe".encode()[:4], "text/plain"),
        ("a", "héllo".encode("latin-1"), "application/octet-stream"),
        ("a", b"<html><body>", "text/html"),
        ("a", b"<svg xmlns='http://www.w3.org/2000/svg'>", "image/svg+xml"),
        ("a", b"a\0b", "application/octet-stream"),
        ("a.unknown", b"", "application/octet-stream"),
        ("", b"", "application/octet-stream"),
        ("x" * 10_000 + ".txt", b"", "text/plain"),
        ("data:text/html,x", b"", "application/octet-stream"),
    ],
)
def test_media_type(name: str, head: bytes, expected: str) -> None:
    """The name decides, except where it says nothing, or says an image that the bytes are not."""
    assert media_type(name, head) == expected


@given(st.text(), st.binary())
def test_any_file(name: str, head: bytes) -> None:
    """Every file has a well-formed type; one that is shown as an image bears its signature."""
    kind = media_type(name, head)

    assert clean_media_type(kind) == kind


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "IMAGE/PNG"])
def test_images_are_shown(kind: str) -> None:
    """Images that run no code are shown as what they are."""
    assert safe_inline(kind) == kind.lower()


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "text/plain; charset=latin-1", "text/markdown", "text/css", "text/javascript", "application/json"],
)
def test_text_is_shown_as_text(kind: str) -> None:
    """Text of every kind is shown as plain text."""
    assert safe_inline(kind) == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "kind",
    [
        *["text/html", "TEXT/HTML", "text/html;charset=utf-8", "application/xhtml+xml", "image/svg+xml", "text/xml"],
        *["application/xml", "application/rss+xml", "text/xsl", "application/pdf", "application/javascript"],
        *["application/octet-stream", "video/mp4", "image/tiff", "", "nonsense", "image/png\r\nx: y", "text/ html"],
    ],
)
def test_the_rest_is_not(kind: str) -> None:
    """What could run in our origin, and what we do not know, is never shown."""
    assert safe_inline(kind) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text/plain", "text/plain"),
        ("Text/Plain; charset=x", "text/plain"),
        (" image/svg+xml ", "image/svg+xml"),
        ("a/b/c", "application/octet-stream"),
        ("a/b\r\nx: y", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("téxt/plain", "application/octet-stream"),
    ],
)
def test_clean_media_type(value: str, expected: str) -> None:
    """A type from outside is reduced to its name, or replaced."""
    assert clean_media_type(value) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *[("a.jpg", True), ("a.mp4", True), ("a.mp3", True), ("a.pdf", True), ("a.docx", True), ("a.odt", True)],
        *[("a.zip", True), ("a.gz", True), ("a.epub", True), ("a.7z", True)],
        *[("a.txt", False), ("a.bmp", False), ("a.svg", False), ("a.csv", False), ("a", False)],
    ],
)
def test_is_packed(name: str, expected: bool) -> None:
    """Images, films, sounds, archives and office documents are compressed already."""
    assert is_packed(media_type(name, b"")) is expected
