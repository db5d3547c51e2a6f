"""How large a piece may grow, and what is said about it."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import Module, complain, functions, modules, parse, type_of_function

FUNCTION_LINES, FUNCTION_LINES_P90, FILE_LINES = 50, 30, 400
MOCKED_FILES = 0.10
MOCK = re.compile(r"unittest\.mock|import mock\b|MagicMock|mocker\b|monkeypatch\.setattr")


def size(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def long_functions(module: Module) -> list[str]:
    """Functions over the limit."""
    found = [(node, size(node)) for node in functions(module)]
    return [f"{module.path}:{node.lineno}: {node.name} has {n} lines" for node, n in found if n > FUNCTION_LINES]


def public(
    body: list[ast.stmt], prefix: str
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, str]]:
    """Public classes, functions and methods that should explain themselves; overloads and overrides need not."""
    for node in body:
        if isinstance(node, (*type_of_function, ast.ClassDef)) and not node.name.startswith("_"):
            marks = {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}
            if not marks & {"overload", "override", "setter", "deleter"}:
                yield node, f"{prefix}{node.name}"
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def silent(module: Module) -> list[str]:
    """Public names without a docstring, the module itself included."""
    found = [] if ast.get_docstring(module.tree) else [f"{module.path}:1: the module says nothing"]
    nodes = public(module.tree.body, "")
    return found + [f"{module.path}:{node.lineno}: {name}" for node, name in nodes if not ast.get_docstring(node)]


def test_functions_are_short() -> None:
    """No function of source or tests is longer than 50 lines."""
    complaints = [line for folder in ("src", "tests") for module in modules(folder) for line in long_functions(module)]
    complain(complaints, "give each step of the function a name of its own; push ifs up and loops down.")


def test_most_functions_are_shorter() -> None:
    """Nine functions of ten in the source have at most 30 lines."""
    sizes = sorted(size(node) for module in modules("src") for node in functions(module))
    p90 = sizes[int(len(sizes) * 0.9)] if sizes else 0
    assert p90 <= FUNCTION_LINES_P90, f"90 % have up to {p90} lines. Instead: split the longest ones into named steps."


def test_files_are_short() -> None:
    """No file of source or tests is longer than 400 lines."""
    found = [module for folder in ("src", "tests") for module in modules(folder)]
    complaints = [f"{module.path}: {module.lines} lines" for module in found if module.lines > FILE_LINES]
    complain(complaints, "one concept, one file: move the second concept to a file of its own.")


def test_public_names_explain_themselves() -> None:
    """Every public module, class, function and method of the source has a docstring."""
    complaints = [line for module in modules("src") for line in silent(module)]
    complain(
        complaints, "say in one line what it is for (units, errors, document); or begin the name with an underscore."
    )


def test_tests_state_the_behaviour() -> None:
    """Every test has a docstring: the behaviour it holds the program to."""
    tests = [(module, node) for module in modules("tests") for node in functions(module)]
    complaints = [
        f"{module.path}:{node.lineno}: {node.name}"
        for module, node in tests
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    complain(complaints, "write the behaviour as a sentence: what happens, when, and what does not happen.")


def test_mocks_are_rare() -> None:
    """Fewer than one test file in ten replaces parts of the program."""
    files = [module for module in modules("tests") if "/test_" in module.path and module.name != __name__]
    mocked = [module.path for module in files if MOCK.search(module.text)]
    allowed = int(len(files) * MOCKED_FILES)
    excess = mocked if len(mocked) > allowed else []
    complain(excess, "use the memory store, a folder in tmp_path, or a real peer (aiosmtpd) instead of a mock.")


def test_measures_see() -> None:
    """The measures themselves see a long function, a silent name and a silent method, and pass what is private."""
    assert long_functions(parse("def f():\n" + "    x = 1\n" * FUNCTION_LINES))
    assert not long_functions(parse("def f():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)))
    assert len(silent(parse("def f(): ...\nclass A:\n    def m(self): ...\n    def _n(self): ...\n"))) == 4
    assert not silent(parse('"""A."""\ndef _f(): ...\nclass A:\n    """B."""\n    def __init__(self): ...\n'))
    assert MOCK.search("from unittest.mock import patch")
