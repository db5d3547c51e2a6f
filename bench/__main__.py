"""``python -m bench``: build the data set, run the cases, print the table."""

import argparse
import asyncio
import contextlib
import os
import platform
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.cases.arcgis import arcgis
from bench.cases.decisions import decisions
from bench.cases.directus import directus
from bench.cases.filr import filr
from bench.cases.footprint import footprint
from bench.cases.pages import pages
from bench.cases.puter import puter
from bench.cases.requests import requests
from bench.cases.streams import streams
from bench.cases.web import web
from bench.cases.writes import writes
from bench.context import Case, Context
from bench.dataset import DATABASE, copied, prepared
from bench.plans import plans
from bench.postgres import OWN, SUBJECTS, WANTED, prepared_on, server, version
from bench.report import Figure, as_json, table
from bench.town import load

CASES: Final[dict[str, Case]] = {
    "decisions": decisions,
    "writes": writes,
    "pages": pages,
    "requests": requests,
    "puter": puter,
    "filr": filr,
    "arcgis": arcgis,
    "directus": directus,
    "streams": streams,
    "web": web,
    "footprint": footprint,
}


def arguments(given: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure speed and size; see bench/README.md.")
    parser.add_argument("--scale", type=float, default=0.05, help="1.0: 1 M items, 2 M shares (default: 0.05)")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "commonhold-bench", help="folder")
    parser.add_argument("--only", action="append", choices=CASES, help="run these subjects alone (repeatable)")
    parser.add_argument("--effort", type=float, default=1, help="calls and seconds, times this (default: 1)")
    parser.add_argument("--json", type=Path, help="also write figures and facts about the machine to this file")
    parser.add_argument("--plans", type=Path, help="also write the plans of typical statements to this file")
    parser.add_argument(
        "--postgres", metavar="URL", nargs="?", const=OWN,
        help="on PostgreSQL: a server on which the user may make databases; without a URL one of our own is started",
    )  # fmt: skip
    return parser.parse_args(given)


async def measured(bench: Context, subjects: list[str]) -> list[Figure]:
    """Run subjects, and tell each figure as it comes."""
    found = []
    for subject in subjects:
        async for figure in CASES[subject](bench):
            if bench.database is not None:
                figure = msgspec.structs.replace(figure, wanted=WANTED.get(figure.case))
            found.append(figure)
            print(table([figure]).splitlines()[1], file=sys.stderr, flush=True)
    return found


def facts(bench: Context, seconds: float) -> dict[str, Any]:
    """Tell about the machine and the data set."""
    return {
        "data_set": bench.town.counts,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
        "data_set_seconds": seconds,
        "postgres": asyncio.run(version(bench.database)) if bench.database else None,
    }


def main(given: list[str]) -> int:
    """Measure; 1 if something wanted is missed."""
    asked = arguments(given)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that servers are stopped before we stop
    with contextlib.ExitStack() as stack:
        return _on(asked, stack.enter_context(server(asked.postgres)) if asked.postgres else None)


def _on(asked: argparse.Namespace, url: str | None) -> int:
    """Measure on the embedded engine, or on a server."""
    began = time.perf_counter()
    source = prepared(asked.data, asked.scale)
    run = copied(source, asked.data / "run")
    town = load(run)
    assert town is not None, "it was just made"
    database = prepared_on(url, source / DATABASE) if url else None
    if database:
        (run / DATABASE).unlink()
        os.environ["COMMONHOLD_DATABASE"] = database  # of the servers that are started
    bench = Context(town, run, asked.data, asked.effort, database)
    about = facts(bench, time.perf_counter() - began)
    figures = asyncio.run(measured(bench, asked.only or (list(SUBJECTS) if database else list(CASES))))
    print(f"{about}\n\n{table(figures)}")
    if asked.json:
        asked.json.write_bytes(as_json(figures, about))
    if asked.plans:
        asked.plans.write_text(asyncio.run(plans(bench)), encoding="utf-8")
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
