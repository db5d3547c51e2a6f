"""Many cells one after the other, with figures; as a program: ``python -m tests.trust.matrix``."""

import random
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.trust.matrix.factors import Cell
from tests.trust.matrix.ground import Ground, lay
from tests.trust.matrix.verdict import wrong


class Grounds:
    """The ground in memory, and the one with records in a database."""

    def __init__(self, memory: Ground, database: Ground) -> None:
        """Keep both."""
        self._of = {False: memory, True: database}

    @classmethod
    async def laid(cls, folder: Path) -> "Grounds":
        """Lay both; the database in a folder."""
        return cls(await lay(), await lay(folder / "ground.db"))

    def under(self, cell: Cell) -> Ground:
        """Return the ground that a cell needs: of engines, memory is the quick one and has no records."""
        return self._of[cell.kind == "record" or cell.route.face == "directus"]


async def run(
    grounds: Grounds, cells: Iterable[Cell], go_on: Callable[[], bool] = lambda: True
) -> tuple[int, list[str]]:
    """Ask every cell while there is time; return how many were asked, and what was wrong with which."""
    asked, found = 0, list[str]()
    for cell in cells:
        if not go_on():
            break
        asked += 1
        found += [f"{cell} | {one}" for one in await wrong(grounds.under(cell), cell)]
    return asked, found


async def program(cells: list[Cell], seed: int, minutes: float | None) -> dict[str, Any]:
    """Ask cells in an order that the seed says, and return figures."""
    random.Random(seed).shuffle(cells)
    with tempfile.TemporaryDirectory() as folder:
        grounds = await Grounds.laid(Path(folder))
        began = time.monotonic()
        end = None if minutes is None else began + 60 * minutes
        asked, found = await run(grounds, cells, lambda: end is None or time.monotonic() < end)
    seconds = round(time.monotonic() - began, 1)
    return {"what": "matrix", "seed": seed, "cells": len(cells), "asked": asked, "wrong": found, "seconds": seconds}
