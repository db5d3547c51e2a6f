"""An empty database, as the program makes it: made once for a whole run, whatever the number of its processes."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from commonhold.store.sqlite.ready import make_ready

NAME = "commonhold.db"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty database; it is copied, never written to."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "empty"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (shared / NAME).exists():
            make_ready(shared / "new.db")
            (shared / "new.db").rename(shared / NAME)
    return shared / NAME


def placed(empty: Path, folder: Path, name: str = NAME) -> Path:
    """Copy an empty database into a folder, and return where it is."""
    return Path(shutil.copy(empty, folder / name))
