"""The child that draws: one picture of one content, in a process of its own that has little of everything.

Contents come from strangers, and what reads pictures and documents is large and old. So it runs apart, without the
instance's key, its settings or its environment; with bounds on memory, processor time, files and, where the kernel
allows it, without a network. It reads the content from standard input (a file), writes one line of JSON and the picture
to standard output, and whatever goes wrong here is "no preview" there.

This module is run (``python -m commonhold.work.drawing``); no serving process imports it.
"""

import ctypes
import io
import json
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from typing import BinaryIO, Final, TypeAlias

from PIL import Image, ImageOps

MEMORY: Final = 1 << 30  # bytes of address space: a library of 100 MB, and a picture of the most pixels several times
SECONDS: Final = 10  # of processor time
PIXELS: Final = 60_000_000  # of a picture before it is made smaller: what phones take, not what bombs hold
FILES: Final = 64
LARGEST: Final = 8 << 20  # bytes of what is drawn
_UNSHARED: Final = 0x10000000 | 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET
_NO_NEW_PRIVILEGES: Final = 38  # PR_SET_NO_NEW_PRIVS
THUMBS: Final = 512  # pixels up to which letters need not be sharp

Draw: TypeAlias = Callable[[BinaryIO, int, int], tuple[Image.Image, int]]
"""Reads a content: at most so large, which page of it; returns how many pages there are, too."""


def confine() -> None:
    """Give up what a picture does not need; nothing can be had back."""
    bounds = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    system = ctypes.CDLL(None)
    system.unshare(_UNSHARED)  # a network of its own, without anything in it; not every kernel lets us
    system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    for kind, bound in bounds.items():
        resource.setrlimit(kind, (bound, bound))
    signal.alarm(2 * SECONDS)  # if nobody waits any more, it ends by itself


def picture(file: BinaryIO, size: int, page: int) -> tuple[Image.Image, int]:  # noqa: ARG001 - it has one
    """Read a picture, at most so large, as it is meant to be held."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(file) as found:
        found.draft("RGB", (size, size))  # a JPEG is made smaller while it is read
        image = ImageOps.exif_transpose(found)
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((size, size))
    return image, 1


def written(image: Image.Image, *, lossless: bool) -> tuple[str, bytes]:
    """Write a picture anew: nothing of what was beside the pixels (places, thumbnails, profiles) comes along."""
    plain = Image.new(image.mode, image.size)
    plain.paste(image)
    out = io.BytesIO()
    if lossless:
        plain.save(out, "PNG")
        return "image/png", out.getvalue()
    plain.save(out, "WEBP", quality=80, method=3)
    return "image/webp", out.getvalue()


def main(draw: Draw, *, lossless: bool = False) -> int:
    """Draw what standard input holds, as arguments say; the exit code is 0 where there is a picture."""
    size, page = map(int, sys.argv[1:])
    confine()
    with open(0, "rb", closefd=False) as file, open(1, "wb", closefd=False) as out:
        try:
            image, pages = draw(file, size, page)
            media, body = written(image, lossless=lossless and size > THUMBS)
        except Exception:  # noqa: BLE001 - whatever a library says of a content, it is one that cannot be drawn
            return 1
        if len(body) > LARGEST:
            return 1
        out.write(json.dumps({"media": media, "pages": pages}).encode() + b"\n" + body)
    return 0


if __name__ == "__main__":
    sys.exit(main(picture))
