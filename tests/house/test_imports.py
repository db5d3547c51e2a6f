"""Who may import whom (DESIGN: ``cli → wiring → faces → http → core ← store | blobs | work``)."""

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest
from tests.house.source import Module, complain, modules, parse, type_of_function

PACKAGE = "commonhold"
# Each room, and the rooms below it that it may import. A new room gets its line here.
ROOMS = {
    "core": set[str](),
    "settings": {"core"},
    "logs": set[str](),
    "data": {"settings"},
    "store": {"core", "settings"},
    "blobs": {"core", "settings"},
    "work": {"core", "settings", "logs"},
    "keys": {"core", "settings"},
    "moving": {"core", "settings", "store", "blobs", "keys"},
    "http": {"core", "settings", "logs"},
    "faces": {"core", "settings", "logs", "http"},
    "testing": {"core", "settings", "http", "store", "blobs", "work", "keys"},
    "wiring": {"core", "settings", "logs", "data", "http", "store", "blobs", "work", "keys", "faces"},
    "moves": {"core", "settings", "store", "blobs", "keys", "moving", "wiring"},
    "exchanging": {"core", "settings", "store", "blobs", "keys", "moving", "moves", "wiring"},
    "cli": {"core", "settings", "logs", "wiring", "moves", "exchanging"},
    "__main__": {"cli"},
}
CORE_MAY = sys.stdlib_module_names | {"msgspec", PACKAGE}
MAY_IMPORT_LATE = {"wiring", "cli"}  # they start the program: what a command does not need, it does not load


def imports(tree: ast.AST, known: set[str]) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a tree imports; ``from package import module`` counts as the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield node.lineno, full if full in known else base


def room(name: str) -> str:
    """The room a module stands in; the package itself (version only) is no room."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def face(name: str) -> str:
    """The face a module belongs to, or nothing."""
    parts = name.split(".")
    return parts[2] if len(parts) > 2 and parts[1] == "faces" else ""


def upward(module: Module, known: set[str]) -> list[str]:
    """Imports that point up or sideways, or from one face to another."""
    here, found = room(module.name), []
    if here and here not in ROOMS:
        return [f"{module.path}: room {here!r} is not in ROOMS of {__name__}"]
    for line, target in imports(module.tree, known):
        there = room(target) if target.split(".")[0] == PACKAGE else ""
        where = f"{module.path}:{line}: {module.name} imports {target}"
        if target.startswith("."):
            found.append(f"{where}, relative: write the full name")
        elif there and there != here and there not in ROOMS.get(here, set()):
            found.append(where)
        elif here == there == "faces" and face(module.name) and face(target) not in ("", face(module.name)):
            found.append(f"{where}, another face")
    return found


def foreign(module: Module) -> list[str]:
    """Libraries that the core has no business with."""
    if room(module.name) != "core":
        return []
    found = imports(module.tree, set())
    return [f"{module.path}:{line}: {name}" for line, name in found if name.split(".")[0] not in CORE_MAY]


def late(module: Module) -> list[str]:
    """Imports hidden in functions."""
    if room(module.name) in MAY_IMPORT_LATE:
        return []
    inside = {
        node for outer in ast.walk(module.tree) if isinstance(outer, type_of_function) for node in ast.walk(outer)
    }
    found = [node for node in inside if isinstance(node, ast.Import | ast.ImportFrom)]
    return [f"{module.path}:{node.lineno}: {ast.unparse(node)}" for node in found]


def cycle(found: tuple[Module, ...]) -> list[str]:
    """One ring of modules that import one another (for types counts too), or nothing."""
    known = {module.name for module in found}
    graph = {m.name: {name for _, name in imports(m.tree, known) if name in known - {m.name}} for m in found}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" → ".join(reversed(error.args[1]))]
    return []


def test_imports_point_down() -> None:
    """No module imports a room above or beside its own, and no face another face."""
    known = {module.name for module in modules("src")}
    complaints = [line for module in modules("src") for line in upward(module, known)]
    complain(
        complaints,
        "let the upper room pass the thing in (a port in core/ports.py, an argument); what two faces share goes to "
        "http/ (about HTTP) or core/ (about sharing); only wiring.py names concrete engines.",
    )


def test_core_stands_alone() -> None:
    """The core imports the standard library, msgspec and itself, nothing else."""
    complaints = [line for module in modules("src") for line in foreign(module)]
    complain(complaints, "declare a port in core/ports.py and put the code that needs the library into an engine.")


def test_imports_stand_at_the_top() -> None:
    """Outside wiring and command line no import hides in a function."""
    complaints = [line for module in modules("src") for line in late(module)]
    complain(complaints, "import at the top of the file; if that makes a ring, move what both need to a lower module.")


def test_no_rings() -> None:
    """No modules import one another in a ring."""
    complain(cycle(modules("src")), "move what both need to a module below both, or pass it in as an argument.")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("core.a", "from commonhold.http import ranges"),
        ("core.a", "import commonhold.settings"),
        ("http.a", "from commonhold.store import sqlite"),
        ("work.a", "import commonhold.blobs.folder"),
        ("faces.web.a", "from commonhold.faces.native import routes"),
        ("faces.web.a", "from commonhold.faces import native"),
        ("faces.web.a", "import commonhold.work"),
        ("store.a", "from . import b"),
        ("cupboard.a", ""),
    ],
)
def test_upward_imports_are_seen(name: str, text: str) -> None:
    """The measure itself sees imports that point up, sideways, to another face, relative ones and unknown rooms."""
    assert upward(parse(text, f"commonhold.{name}"), {"commonhold.faces.native"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("core.a", "from commonhold.core.model import Item"),
        ("faces.web.a", "from commonhold.faces.web import pages"),
        ("faces.web.a", "from commonhold.faces import face"),
        ("wiring", "from commonhold.store import sqlite"),
        ("cli", "from commonhold import __version__"),
    ],
)
def test_downward_imports_pass(name: str, text: str) -> None:
    """The measure itself lets imports that point down pass."""
    assert not upward(parse(text, f"commonhold.{name}"), set())


def test_other_measures_see() -> None:
    """The measures for libraries, hidden imports and rings see an example each."""
    assert foreign(parse("import sqlalchemy.orm", "commonhold.core.a"))
    assert not foreign(parse("import msgspec, json", "commonhold.core.a"))
    assert late(parse("def f():\n    import json\n", "commonhold.core.a"))
    assert not late(parse("def f():\n    import json\n", "commonhold.cli"))
    a, b = "from commonhold.core import b", "from commonhold.core.a import X"
    assert cycle((parse(a, "commonhold.core.a"), parse(b, "commonhold.core.b")))
