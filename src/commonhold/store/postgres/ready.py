"""Making a database ready before it is opened: a plain look at its version, and a child process if it must migrate."""

import asyncio
import sys
from typing import Final

import asyncpg

from commonhold.core.problems import Problem
from commonhold.store.postgres.connections import OLDEST, Connection, connect
from commonhold.store.postgres.errors import FAILED
from commonhold.store.tables import HEAD

_TABLES: Final = "SELECT to_regclass('alembic_version') IS NOT NULL"
_MAY: Final = "SELECT has_schema_privilege(current_schema(), 'CREATE')"


async def version_of(url: str) -> str | None:
    """Return the version of a database's schema; None where there is none yet.

    :raises Problem: unavailable, postgres_unfit; both say why
    """
    try:
        connection = await connect(url, {})
    except (*FAILED, ValueError) as error:
        raise Problem("unavailable", reason=_why(error)) from error
    try:
        return await _version(connection)
    except FAILED as error:
        raise Problem("unavailable", reason=_why(error)) from error
    finally:
        await connection.close()


async def _version(connection: Connection) -> str | None:
    server = connection.get_server_version()
    if server.major < OLDEST:
        raise Problem("postgres_unfit", reason=f"the server is PostgreSQL {server.major}, and {OLDEST} is needed")
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise Problem("postgres_unfit", reason=f"the database is encoded in {encoding}, and UTF8 is needed")
    if await connection.fetchval(_TABLES):
        version: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return version
    if not await connection.fetchval(_MAY):
        raise Problem("postgres_unfit", reason="this user may not make tables in the schema of the database")
    return None


async def make_ready(url: str) -> None:
    """Bring a database to the version of this program; make its tables if there are none.

    :raises Problem: schema_newer if a newer program wrote it; postgres_unfit; unavailable if it cannot be migrated
    """
    version = await version_of(url)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise Problem("schema_newer", found=version, known=HEAD)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "commonhold.store.migrate", "-",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate(url.encode())  # by the pipe, as everybody can see arguments
    if process.returncode:
        raise Problem("unavailable", reason=errors.decode(errors="replace").strip().rpartition("\n")[2])


def _why(error: BaseException) -> str:
    """Say why in words that name no secret."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.args[0] if error.args else type(error).__name__)
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    return getattr(error, "strerror", None) or str(error)
