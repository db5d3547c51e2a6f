"""A picture and a printed page, drawn by code: a PNG and a PDF without anybody's copyright."""

import struct
import zlib
from collections.abc import Iterable

WIDTH, HEIGHT = 360, 240


def png() -> bytes:
    """Draw garden beds under a sky, as a PNG."""
    rows = b"".join(b"\0" + bytes(part for x in range(WIDTH) for part in _colour(x, y)) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _colour(x: int, y: int) -> tuple[int, int, int]:
    """Return red, green and blue of a point."""
    if (x - 300) ** 2 + (y - 45) ** 2 < 24**2:
        return (255, 214, 90)
    if y < 90:
        return (150 + y, 200 + y // 3, 240)
    bed = (x - 20) % 85 < 65 and 105 < y < 220 and 20 <= x < 340
    if not bed:
        return (120, 150, 84)
    plant = (x % 13 - 6) ** 2 + (y % 17 - 8) ** 2 < 16
    return (60, 140 + 20 * ((x // 85) % 3), 60) if plant else (104, 74, 52)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pdf(lines: Iterable[str]) -> bytes:
    """Print lines of plain ASCII text on a page, as a PDF."""
    text = " ".join(f"({line.translate({40: '[', 41: ']', 92: '/'})}) Tj T*" for line in lines)
    stream = f"BT /F1 14 Tf 72 760 Td 22 TL {text} ET".encode("ascii")
    fonts = b"<< /Font << /F1 5 0 R >> >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
