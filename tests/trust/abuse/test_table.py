"""The table of abuse cases and the tests hold together: each case has a test or a reason, each test a case."""

import ast
import importlib
import re
from pathlib import Path
from typing import Final

import pytest
from tests.trust.abuse.marks import ALL, BETWEEN, PAGE, TABLE, rows

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
MODULES: Final = sorted(path.stem for path in HERE.glob("test_*.py") if path.stem != "test_table")
LAST: Final = 53
SENTENCE: Final = re.compile(r"[A-Z].{20,}\.", re.DOTALL)


def written() -> dict[tuple[str, str], set[str]]:
    """Return the tests of this folder by case and face."""
    found: dict[tuple[str, str], set[str]] = {}
    for name in MODULES:
        module = importlib.import_module(f"tests.trust.abuse.{name}")
        for test, function in vars(module).items():
            if not test.startswith("test_"):
                continue
            number = str(int(test[5:7]))
            (faces,) = [mark.args[1] for mark in function.pytestmark if mark.args and mark.args[0] == "face"]
            for face in faces:
                found.setdefault((number, face), set()).add(f"tests/trust/abuse/{name}.py::{test}")
    return found


def holds(entry: str) -> bool:
    """Tell whether an entry names a test that there is, or is a sentence."""
    if not entry.startswith("tests/"):
        return SENTENCE.fullmatch(entry) is not None
    path, _, test = entry.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = {one.name for one in ast.walk(tree) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return test in names


def test_every_case_is_in_the_table() -> None:
    """All cases stand there by number, each with the mistake, where it was made, and something for every face."""
    assert [*TABLE] == [str(number) for number in range(1, LAST + 1)]
    for number, case in TABLE.items():
        assert SENTENCE.fullmatch(case["mistake"]), number
        assert case["record"], number
        assert case["faces"].keys() == set(ALL), number


@pytest.mark.parametrize("number", TABLE)
def test_each_face_has_a_test_or_a_reason(number: str) -> None:
    """For each face a case names a test that exists, or says in a sentence why it cannot happen there."""
    for face, entry in TABLE[number]["faces"].items():
        assert holds(entry), (face, entry)


def test_the_tests_are_those_of_the_table() -> None:
    """A test over a face stands in the table there, and the table names no other test of this folder."""
    tests = written()
    for (number, face), names in tests.items():
        assert TABLE[number]["faces"][face] in names, (number, face)
    named = {
        (number, face)
        for number, case in TABLE.items()
        for face, entry in case["faces"].items()
        if entry.startswith("tests/trust/abuse/")
    }
    assert named == tests.keys()


def test_the_page_tells_the_table() -> None:
    """The page of security lists all cases as the table has them."""
    (told,) = BETWEEN.findall(PAGE.read_text("utf-8"))
    assert told == rows(), "run python -m tests.trust.abuse.marks"


def test_reasons_are_seen() -> None:
    """Neither an empty reason, nor a word, nor the name of a test that is not there, counts."""
    assert not any(map(holds, ("", "no", "Not here.", "tests/trust/abuse/test_table.py::test_nothing")))
    assert holds("tests/trust/abuse/test_table.py::test_reasons_are_seen")
