"""How the engine goes about what is measured: the statements that it really runs, each with its plan."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench.cases.inside import core_of
from bench.context import Context
from commonhold.core.core import Core
from commonhold.core.directory.digests import digest
from commonhold.core.identity import Actor
from commonhold.core.sharing.finding import audience_of, decide, shares_by, shares_with
from commonhold.store.postgres import connections
from commonhold.store.postgres.store import PostgresStore, wall_clock
from commonhold.store.sqlite import reader
from commonhold.testing.core import make_core

EXPLAIN: Final = "EXPLAIN (ANALYZE, BUFFERS, SETTINGS) "
TIMES: Final = 2  # the first one warms what is kept


async def plans(bench: Context) -> str:
    """Return all statements of some typical questions, with their plans."""
    if bench.database is None:
        return await _of_sqlite(bench)
    return await _of_postgres(bench, bench.database)


async def _ask(bench: Context, opened: AbstractAsyncContextManager[Core], note: Callable[[str], None]) -> None:
    """Ask what the cases ask, in a process of its own statements."""
    town = bench.town
    user, item = town.deep["32"][-1]
    async with opened as core:
        questions: dict[str, Callable[[], Awaitable[object]]] = {
            "who: a token": lambda: core.store.who(digest(town.readers[0][0])),
            "decide: depth 32": lambda: decide(core, Actor(user), item),
            "shared with me: a group with many shares": lambda: shares_with(core, Actor(town.popular)),
            "shared by me": lambda: shares_by(core, Actor(town.owner)),
            "audience: an item with many shares": lambda: audience_of(core, Actor(town.owner), town.busy),
        }
        for what, ask in TIMES * list(questions.items()):
            note(what)
            await ask()
            await asyncio.sleep(0)  # those who listen to statements are told a little later


async def _of_postgres(bench: Context, url: str) -> str:
    seen: dict[str, tuple[str, tuple[Any, ...], dict[str, str]]] = {}
    now = [""]

    async def watched(url: str, settings: Mapping[str, str], patience: float = connections.PATIENCE) -> Any:
        connection = await connections.connect(url, settings, patience)
        connection.add_query_logger(
            lambda found: seen.setdefault(found.query, (now[0], tuple(found.args or ()), dict(settings)))
        )
        return connection

    store = PostgresStore(url, connect=watched)
    try:
        await _ask(bench, nullcontext(make_core(store=store, clock=wall_clock)), lambda what: now.__setitem__(0, what))
    finally:
        await store.close()
    told = []
    for query, (what, args, settings) in seen.items():
        if query.lstrip().upper().startswith(("SELECT", "WITH")):
            told.append(f"== {what}\n{query}\n\n{await _explained(url, query, args, settings)}\n")
    return "\n".join(told)


async def _explained(url: str, query: str, args: tuple[Any, ...], settings: dict[str, str]) -> str:
    async with _connected(url, settings) as connection:
        found = await connection.fetch(EXPLAIN + query, *args)
        return "\n".join(line for (line,) in found)


@asynccontextmanager
async def _connected(url: str, settings: dict[str, str]) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await connections.connect(url, settings)
    try:
        yield connection
    finally:
        await connection.close()


async def _of_sqlite(bench: Context) -> str:
    seen: dict[str, str] = {}
    now = [""]
    connect = reader.connect

    def watched(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.set_trace_callback(lambda text: seen.setdefault(text, now[0]) and None)
        return connection

    reader.connect = watched
    try:
        await _ask(bench, core_of(bench), lambda what: now.__setitem__(0, what))
    finally:
        reader.connect = connect
    told, shapes = [], set[str]()
    plain = connect(bench.data / "commonhold.db")
    for text, what in seen.items():
        if not text.lstrip().upper().startswith(("SELECT", "WITH")):
            continue
        plan = "\n".join(row[3] for row in plain.execute(f"EXPLAIN QUERY PLAN {text}").fetchall())
        if (shape := f"{what}{plan}{text[:120]}") not in shapes:
            shapes.add(shape)
            told.append(f"== {what}\n{text[:2_000]}\n\n{plan}\n")
    plain.close()
    return "\n".join(told)
