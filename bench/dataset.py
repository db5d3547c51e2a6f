"""The data set: made once per scale, straight into the schema, and copied for each run.

1.0 is one million items, two million shares, 20 k groups and 200 k users. What cases are about (``scenes``) has the
size that their figures speak of wherever there are enough people and items for it.
"""

import os
import shutil
import zlib
from pathlib import Path
from typing import Final

from bench.bulk import Bulk
from bench.population import Population
from bench.scenes import furnish
from bench.town import load
from commonhold.keys.instance import instance_key
from commonhold.store.migrations import versions
from commonhold.store.sqlite.ready import make_ready

DATABASE: Final = "commonhold.db"
MAKING: Final = ("bulk", "dataset", "population", "scenes", "town")  # modules that say what is in it


def prepared(folder: Path, scale: float) -> Path:
    """Return a data directory with the data set of this scale, made anew unless it is there already."""
    data = folder / f"scale-{scale:g}-{_recipe()}"
    if load(data) is not None:
        return data
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    instance_key(data, database_exists=False)
    make_ready(data / DATABASE)
    bulk = Bulk(data / DATABASE, f"commonhold {scale}")
    town = furnish(Population(bulk, scale))
    bulk.close()
    town.save(data)
    return data


def _recipe() -> str:
    """Return what is another if the schema, or what is put into it, is another."""
    files = (*Path(versions.__path__[0]).glob("*.py"), *(Path(__file__).with_name(f"{name}.py") for name in MAKING))
    return f"{zlib.crc32(b''.join(path.read_bytes() for path in sorted(files))):08x}"


def copied(source: Path, to: Path) -> Path:
    """Copy a data directory, so that cases write into the copy."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(source, to)
    os.sync()  # or the first commits would wait for the copy
    return to
