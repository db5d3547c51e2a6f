"""Several processes on one database, and processes that end in the middle."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

WRITER = Path(__file__).with_name("writer.py")

FOREVER = "1000000"
SYNC = re.compile(r"(?:fsync|fdatasync)\(\d+<[^>]*-wal>\)")
"""A sync of the log, as strace shows it."""


class Told(NamedTuple):
    """What a process said of a commit."""

    key: str
    number: int
    revision: int


def start(database: Path, name: str, clients: str, commits: str, *before: str) -> subprocess.Popen[str]:
    """Start a process that writes."""
    command = [*before, sys.executable, str(WRITER), str(database), name, clients, commits]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(lines: str) -> list[Told]:
    """Read what it said, the last line only if it was said to its end."""
    whole = lines[: lines.rfind("\n") + 1].splitlines()
    return [Told(key, int(number), int(revision)) for key, number, revision in map(str.split, whole)]


def written(database: Path) -> tuple[set[Told], int, int]:
    """Read what is there: commits, uses, and the revision; and make sure that the file is sound."""
    connection = sqlite3.connect(database)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        keys = {key for (key,) in connection.execute("SELECT name FROM setting")}
        numbers = dict(connection.execute("SELECT no, face FROM event"))
        ((used,),) = connection.execute("SELECT coalesce(sum(used), 0) FROM use").fetchall()
        ((revision,),) = connection.execute("SELECT revision FROM instance").fetchall()
    finally:
        connection.close()
    assert len(keys) == len(numbers) == used == revision
    return {Told(key, 0, 0) for key in keys}, used, revision


def test_two_at_once(database: Path) -> None:
    """Two processes write at the same time: nothing is lost, no number or revision is given twice."""
    processes = [start(database, name, "8", "25") for name in ("one", "two")]
    said = [told(process.communicate()[0]) for process in processes]

    everything = [*said[0], *said[1]]
    assert len(everything) == 400
    assert len({one.number for one in everything}) == 400
    assert sorted(one.revision for one in everything) == list(range(1, 401))
    keys, used, revision = written(database)
    assert keys == {Told(one.key, 0, 0) for one in everything}
    assert (used, revision) == (400, 400)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_killed(database: Path, kills: int) -> None:
    """A process that is killed while it commits has written all that it told, each commit whole or not at all."""
    said: set[Told] = set()
    for kill in range(kills):
        process = start(database, str(kill), "16", FOREVER)
        assert process.stdout is not None
        first = "".join(process.stdout.readline() for _ in range(20 + 37 * kill))
        process.kill()
        rest, _ = process.communicate()
        said |= {Told(one.key, 0, 0) for one in told(first + rest)}
        keys, _, _ = written(database)
        assert said <= keys


@pytest.mark.debian("strace")
def test_on_disk_before_it_is_told(database: Path, tmp_path: Path) -> None:
    """Between any two commits that a client is told of one after the other, the log is synced to the disk."""
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", str(trace)]
    process = start(database, "one", "1", "20", *strace)
    out, errors = process.communicate()
    assert len(told(out)) == 20, errors

    synced = 0
    for line in trace.read_text().splitlines():
        if SYNC.search(line):
            synced += 1
        elif "write(1<" in line and "one-0-" in line:
            assert synced >= 1, line
            synced = 0
