"""Making a database ready before it is opened: a plain look at its version, and a child process if it must migrate."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from commonhold.core.problems import Problem
from commonhold.store.sqlite.errors import mapped
from commonhold.store.tables import HEAD


def version_of(path: Path) -> str | None:
    """Return the version of a database's schema; None where there is no database, or an empty one.

    :raises Problem: unavailable for a file that is no database
    """
    if not path.exists():
        return None
    with mapped():
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchall():
                return None
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        finally:
            connection.close()
    return found[0][0] if found else None


def make_ready(path: Path) -> None:
    """Bring a database to the version of this program; make it if there is none.

    :raises Problem: schema_newer if a newer program wrote it; unavailable if it cannot be migrated
    """
    version = version_of(path)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise Problem("schema_newer", found=version, known=HEAD)
    command = [sys.executable, "-P", "-m", "commonhold.store.migrate", f"sqlite:///{path.absolute()}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own module
    if done.returncode:
        raise Problem("unavailable", reason=done.stderr.strip().rpartition("\n")[2])
