"""The source in PostgreSQL keeps the contract."""

import inspect
from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.postgres import Server

from commonhold.core.records.ports import Source
from commonhold.store.postgres.connections import Connection
from commonhold.store.sources.dialects import Postgres
from commonhold.store.sources.postgres import PostgresSource
from commonhold.store.sources.statements import Plans
from commonhold.testing.source_cases import filled_source as filled_source
from commonhold.testing.source_contract import SourceContract


@pytest.fixture(scope="module")
async def connection(postgres: Server) -> AsyncIterator[Connection]:
    """A connection for all tests, each of which takes back what it does."""
    found = await asyncpg.connect(postgres.bare())
    yield found
    await found.close()


@pytest.mark.slow
class TestPostgresSource(SourceContract):
    """The contract, inside a transaction."""

    @pytest.fixture
    async def source(self, connection: Connection) -> AsyncIterator[PostgresSource]:
        """A source without tables."""
        await connection.reload_schema_state()  # of tables that were there under the same names
        await connection.execute("BEGIN")
        yield PostgresSource(connection, Plans(Postgres()))
        await connection.execute("ROLLBACK")


def test_the_port_is_complete() -> None:
    """Every method of the port is there, with the same parameters, and is awaited."""
    for name in (name for name in vars(Source) if not name.startswith("_")):
        port, source = (inspect.signature(getattr(kind, name)) for kind in (Source, PostgresSource))
        assert port.parameters == source.parameters
        assert inspect.iscoroutinefunction(getattr(PostgresSource, name))
