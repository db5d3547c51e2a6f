"""An empty database, as the program makes it: made once for a whole run, whatever the number of its processes."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from commonhold.store.sqlite.ready import make_ready

NAME = "commonhold.db"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return the place of something that the first process which asks for it makes, and the others find."""
    base = factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    shared.mkdir(exist_ok=True)
    with (shared / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (shared / name).exists():
            make(shared / f"new-{name}")
            (shared / f"new-{name}").rename(shared / name)
    return shared / name


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty database; it is copied, never written to."""
    return made_once(tmp_path_factory, NAME, make_ready)


def placed(empty: Path, folder: Path, name: str = NAME) -> Path:
    """Copy an empty database into a folder, and return where it is."""
    return Path(shutil.copy(empty, folder / name))
