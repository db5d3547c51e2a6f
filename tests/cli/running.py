"""Processes of the program, as a script starts them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

PATIENCE = 90.0  # seconds: what hangs is a failure, what is slow is not
PROGRAM = (sys.executable, "-P", "-m", "commonhold")


class Ran(msgspec.Struct):
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)

    @property
    def told(self) -> Any:
        """What it told on standard error, as JSON."""
        return json.loads(self.err)


class Served(msgspec.Struct):
    """A server that runs: what it said at the start, its address, and its directory."""

    process: "subprocess.Popen[str]"
    said: str
    url: str
    data: Path

    def end(self, by: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)


def environment(**more: str) -> dict[str, str]:
    """Return an environment without settings of ours but those that are given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
    return {**plain, **more}


def command(*arguments: str, stdin: str = "", cwd: Path | None = None, **more: str) -> Ran:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=cwd,
        env=environment(**more),
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def started(*arguments: str, cwd: Path | None = None, **more: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a command that goes on running; whatever happens, it has ended afterwards."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=cwd,
        env=environment(COMMONHOLD_LOG_LEVEL="warning", **more),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def first_line(process: "subprocess.Popen[str]") -> str:
    """Return the first line that a process prints; a process that prints none is ended."""
    assert process.stdout is not None
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        return process.stdout.readline().strip()
    finally:
        watchdog.cancel()


@contextlib.contextmanager
def serve(data: Path, *arguments: str) -> Iterator[Served]:
    """Serve a data directory on a free port."""
    fixed = ("serve", "--data", str(data), "--host", "127.0.0.1", "--port", "0")
    with started(*fixed, *arguments) as process:
        said = first_line(process)
        url = next(word for word in said.split() if word.startswith("http"))
        yield Served(process, said, url, data)
