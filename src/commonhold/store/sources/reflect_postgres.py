"""Tables of a schema of our PostgreSQL database, read as collections.

What the database would compare with nothing of ours (enumerations, arrays, ranges, ``json``) is left out, as bytes are.
Used by the command line alone, as ``reflect`` is.
"""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
from sqlalchemy import Connection, NullPool, inspect, text, types
from sqlalchemy.dialects.postgresql import DOMAIN, JSONB
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from commonhold.core.problems import Problem
from commonhold.core.records.catalog import Collection
from commonhold.core.records.kinds import Kind
from commonhold.store.sources.dialects import quoted
from commonhold.store.sources.reflect import KINDS, Place, collections_of

_EXACT: Final[tuple[tuple[type[Any], Kind], ...]] = (
    (types.Uuid, Kind.UUID),
    (JSONB, Kind.JSON),
    (types.Date, Kind.DATE),
    *KINDS,
    (types.String, Kind.STRING),
)
_SYSTEM: Final = ("pg_", "information_schema")


async def reflected_in_postgres(
    url: str, tables: Sequence[str] = (), *, schema: str | None, read_only: bool = True
) -> list[Collection]:
    """Return tables of a schema as collections; without names all that can be. ``schema``: None for our own one.

    :raises Problem: not_found for a schema or table that is not there or that we may not read; invalid_field
    """
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_reflected, tables, schema, read_only)
    except (SQLAlchemyError, asyncpg.PostgresError) as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0].rpartition(">: ")[2]
        raise Problem("not_found", field=schema or "", reason=reason[:200]) from None
    finally:
        await engine.dispose()


def _reflected(connection: Connection, tables: Sequence[str], schema: str | None, read_only: bool) -> list[Collection]:
    inspector = inspect(connection)
    if schema is not None and (schema.startswith(_SYSTEM) or schema not in inspector.get_schema_names()):
        raise Problem("not_found", field=schema)
    ours = connection.scalar(text("SELECT current_schema()"))
    found = collections_of(Place(inspector, _kind, None if schema == ours else schema, read_only), tables)
    for one in found:
        place = quoted(one.table) if one.source is None else f"{quoted(one.source)}.{quoted(one.table)}"
        connection.execute(text(f"SELECT FROM {place} LIMIT 0".replace(":", "\\:")))  # told now that we may not read it
    return found


def _kind(table: str, column: ReflectedColumn) -> Kind | None:
    """Return what a column holds; None for what is left out."""
    del table
    found = column["type"]
    if isinstance(found, DOMAIN):
        found = found.data_type
    if isinstance(found, types.Enum | types.NullType):
        return None
    if isinstance(found, types.DateTime):
        return Kind.TIMESTAMP if found.timezone else Kind.DATETIME
    if isinstance(found, types.Time):
        return None if found.timezone else Kind.TIME
    return next((kind for one, kind in _EXACT if isinstance(found, one)), None)
