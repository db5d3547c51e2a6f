"""One thing has one word: the words of the dialects stay in their faces and never reach the core."""

import ast
import re
from collections.abc import Iterator

import pytest
from tests.house.source import Module, complain, modules, parse

# Foreign word (its parts in lower case) → ours. Longer words hold wherever their parts stand side by side.
FOREIGN = {
    "accountability": "actor",
    "access token": "pass",
    "acl": "share or rule",
    "arcgis": "nothing: the core does not know who asks",
    "binder": "folder or space",
    "date end": "until",
    "date start": "starts",
    "days to expire": "until",
    "directus": "nothing: the core does not know who asks",
    "expiration": "until",
    "filr": "nothing: the core does not know who asks",
    "fs entry": "item",
    "fs item": "item",
    "fsentry": "item",
    "fsitem": "item",
    "grantee": "recipient",
    "home": "space",
    "my files": "space",
    "not shared with": "the report of the proposal",
    "permission": "rule (records) or action",
    "permissions": "rules (records) or actions",
    "privilege": "allowance",
    "privileges": "allowance",
    "puter": "nothing: the core does not know who asks",
    "revoke share": "withdraw",
    "shared entity": "item",
    "share link": "link (a kind of recipient)",
    "sharelink": "link (a kind of recipient)",
    "sharee": "recipient",
    "thing": "item",
    "things": "items",
    "unshare": "withdraw",
    "user content": "space",
    "zone": "instance",
}
OF_PYTHON = {"PermissionError"}
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every identifier, and of every literal that could be one (keys, codes, field names)."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for field in ("name", "id", "attr", "arg", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield line, value
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield line, node.value


def foreign_words(module: Module) -> list[str]:
    """Identifiers that are, or contain, a word of one of the dialects."""
    found: list[str] = []
    for line, name in names(module.tree):
        parts = " ".join(PARTS.findall(name)).lower()
        ours = [(word, own) for word, own in FOREIGN.items() if f" {word} " in f" {parts} "]
        if name not in OF_PYTHON:
            found.extend(f"{module.path}:{line}: {name}: not {word!r}; our word is {own}" for word, own in ours)
    return found


def test_core_speaks_our_words() -> None:
    """No identifier, key or code of the core is a word of a dialect."""
    core = [module for module in modules("src") if module.name.startswith("commonhold.core")]
    complaints = [line for module in core for line in foreign_words(module)]
    complain(complaints, "use our word, named above; translation is the work of a face.")


@pytest.mark.parametrize(
    "text",
    [
        "notSharedWith = 1",
        "def f(fs_item): ...",
        "class FSItem: ...",
        "x = {'shared_entity': 1}",
        "a.unshare()",
        "f(date_end=1)",
    ],
)
def test_foreign_words_are_seen(text: str) -> None:
    """The measure itself sees foreign words in names, arguments, attributes and keys, in any spelling."""
    assert foreign_words(parse(text))


@pytest.mark.parametrize(
    "text", ["item = share", "raise PermissionError", "nothing = 1", '"""Directus calls it a permission."""']
)
def test_our_words_pass(text: str) -> None:
    """The measure itself lets our words, Python's own and prose pass."""
    assert not foreign_words(parse(text))
