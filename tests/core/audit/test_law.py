"""The law of the audit is watched, and would be seen to be broken."""

import ast
from pathlib import Path
from typing import Any

import pytest
from tests.core.audit.law import WITHOUT, Law, under
from tests.core.sharing.village import Village

import commonhold.core
from commonhold.core.changes import Put
from commonhold.core.directory.throttle import count_try
from commonhold.core.model import Setting
from commonhold.store.memory import MemoryStore


async def test_a_verb_is_looked_at(law: Law) -> None:
    """What verbs commit is looked at, and what a test commits itself is not."""
    village = await Village.found()
    seen = law.seen
    await village.build.user("somebody")
    assert law.seen == seen
    await count_try(village.core, ())
    assert (law.seen, law.broken) == (seen + 1, [])


async def test_a_silent_verb_is_found() -> None:
    """A function of the core that changes something and says nothing is found, by name."""
    village, law = await Village.found(), Law()
    there: dict[str, Any] = {"core": village.core, "changes": [Put(Setting("x", "1"))]}
    source = "async def silent(core, changes):\n    await core.store.commit(changes)\n"
    exec(compile(source, "/x/commonhold/core/new.py", "exec"), there)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryStore, "commit", under(law))
        await there["silent"](there["core"], there["changes"])
    assert law.broken == ["new.py:silent changes setting"]


def test_exceptions_are_there_still() -> None:
    """Each exception names a module, or a function in it, that exists."""
    root = Path(next(iter(commonhold.core.__path__)))
    for place in WITHOUT:
        module, _, name = place.partition(":")
        tree = ast.parse((root / module).read_text())
        known = {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)}
        assert not name or name in known, place
