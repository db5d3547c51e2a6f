"""The source in SQLite keeps the contract, runs few statements, and says the same as the plain evaluation."""

import inspect
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from commonhold.core.records.ports import Source
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.statements import Plans
from commonhold.testing.source_cases import filled_source as filled_source
from commonhold.testing.source_contract import SourceContract


class Awaited:
    """The port's asynchronous form of a source that works in the thread of its caller."""

    def __init__(self, source: SqliteSource) -> None:
        self.source = source

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def method(*args: Any, **named: Any) -> Any:
            return getattr(self.source, name)(*args, **named)

        return method


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    Sqlite.prepare(connection)
    yield connection
    connection.close()


class TestSqliteSource(SourceContract):
    """The contract, in a database in memory."""

    @pytest.fixture
    def source(self, connection: sqlite3.Connection) -> Any:
        return Awaited(SqliteSource(connection, Plans(Sqlite())))


def test_the_port_is_complete() -> None:
    """Every method of the port is there, with the same parameters; the port has at most eight."""
    methods = [name for name in vars(Source) if not name.startswith("_")]

    assert len(methods) <= 8
    for name in methods:
        port, source = (inspect.signature(getattr(kind, name)) for kind in (Source, SqliteSource))
        assert port.parameters == source.parameters
