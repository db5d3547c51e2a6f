"""A core of this process over the data set, as a serving process has one."""

import contextlib
from collections.abc import AsyncIterator

from bench.context import Context
from commonhold.core.core import Core
from commonhold.core.limits import Limits
from commonhold.settings import Settings
from commonhold.wiring import open_core


@contextlib.asynccontextmanager
async def core_of(bench: Context) -> AsyncIterator[Core]:
    """Open the data directory; nobody is told that he has shared enough for today."""
    limits = Limits(shares_per_day=1_000_000)
    async with open_core(Settings(data=bench.data, database=bench.database, limits=limits)) as core:
        yield core
