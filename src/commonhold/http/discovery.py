"""Faces are found, not listed: each folder of a package that has a ``face`` module, and each entry point."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import entry_points
from typing import Final

from commonhold.http.face import Face

GROUP: Final = "commonhold.faces"
"""Group of entry points by which other distributions add faces: ``name = "package.module:FACE"``."""


def find_faces(package: str, wanted: Callable[[str], bool] = lambda _: True) -> tuple[Face, ...]:
    """Return the faces of a package and of all entry points; one that is not ``wanted`` is not even imported.

    :raises ValueError: two faces of one name, or something that is no ``Face``
    """
    found: dict[str, Face] = {}
    for name, load in (*_in_folders(package), *_in_entry_points()):
        if not wanted(name):
            continue
        face = load()
        if not isinstance(face, Face) or face.name != name:
            raise ValueError(f"what is found as face {name!r} is no Face of this name")
        if name in found:
            raise ValueError(f"two faces are called {name!r}: rename one of them")
        found[name] = face
    return tuple(found.values())


def _in_folders(package: str) -> Iterator[tuple[str, Callable[[], object]]]:
    for part in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = f"{package}.{part.name}.face"
        if part.ispkg and importlib.util.find_spec(module) is not None:
            yield part.name, partial(_face_of, module)


def _face_of(module: str) -> object:
    return importlib.import_module(module).FACE


def _in_entry_points() -> Iterator[tuple[str, Callable[[], object]]]:
    for point in entry_points(group=GROUP):
        yield point.name, point.load
