"""The child that draws a page of a document (PDF), in the bounds of ``work.drawing``."""

import contextlib
import sys
from typing import BinaryIO, Final

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from commonhold.work.drawing import main

LONG: Final = 20  # a page that is so many times as long as wide is none


def page_of(file: BinaryIO, size: int, page: int) -> tuple[Image.Image, int]:
    """Read one page of a document; what it would do when opened is not done."""
    with contextlib.closing(pypdfium2.PdfDocument(file)) as document:
        found = document[page - 1]
        width, height = found.get_size()
        if not 0 < max(width, height) <= LONG * min(width, height):
            raise ValueError("no page")
        bitmap = found.render(scale=size / max(width, height), may_draw_forms=False)
        return bitmap.to_pil().convert("RGB"), len(document)


if __name__ == "__main__":
    sys.exit(main(page_of, lossless=True))
