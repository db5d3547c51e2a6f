"""The project's own source, parsed once for all tests of the house."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Module(NamedTuple):
    """One Python file: its dotted name, where it stands, and what it says."""

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How many lines the file has."""
        return self.text.count("\n")


def parse(text: str, name: str = "commonhold.example") -> Module:
    """Parse a text as if it stood in a file of that name."""
    return Module(name, name.replace(".", "/") + ".py", text, ast.parse(text))


@cache
def modules(folder: str) -> tuple[Module, ...]:
    """Parse every Python file below ``src`` or ``tests``; migrations are made by a tool and left out."""
    base = ROOT / folder
    found = []
    for path in sorted(base.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        parts = path.relative_to(base if folder == "src" else ROOT).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        found.append(Module(name, str(path.relative_to(ROOT)), text, ast.parse(text)))
    return tuple(found)


type_of_function = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module, nested ones included."""
    for node in ast.walk(module.tree):
        if isinstance(node, type_of_function):
            yield node


@cache
def tracked() -> tuple[Path, ...]:
    """Every file the repository holds or would take up (what git ignores is left out)."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return tuple(path for name in names if name and (path := ROOT / name).is_file())


def complain(complaints: list[str], instead: str) -> None:
    """Fail with every complaint on a line of its own, and with what to do instead."""
    assert not complaints, "\n".join([*sorted(complaints), f"Instead: {instead}"])
