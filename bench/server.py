"""Servers as processes: ours as people start it, and the bare one; with the processor time and memory they took."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

TICK: Final = os.sysconf("SC_CLK_TCK")
PATIENCE: Final = 60.0
HOST: Final = "127.0.0.1"


class Server(Struct, frozen=True):
    """A server that answers."""

    pid: int
    port: int
    started: float  # seconds until its first answer

    def cpu(self) -> float:
        """Return the seconds that processors have worked for it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> float:
        """Return its resident memory in MB."""
        return _resident(self.pid)

    def beside(self) -> float:
        """Return the resident memory of the processes that it started, in MB."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(_resident(int(pid)) for pid in children)


def _resident(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    (found,) = (line.split()[1] for line in text.splitlines() if line.startswith("VmRSS"))
    return int(found) * 1024 / 1_000_000


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])


@contextlib.asynccontextmanager
async def ours(data: Path) -> AsyncIterator[Server]:
    """Run Commonhold on a data directory, one process and its worker, as ``commonhold serve`` does."""
    port = free_port()
    command = ["-m", "commonhold", "serve", "--data", str(data), "--host", HOST, "--port", str(port)]
    async with _running(command, port, "/healthz") as server:
        yield server


@contextlib.asynccontextmanager
async def bare() -> AsyncIterator[Server]:
    """Run the bare Starlette application."""
    port = free_port()
    options = ["--host", HOST, "--port", str(port), "--no-access-log", "--log-level", "warning"]
    async with _running(["-m", "uvicorn", "bench.bare:app", *options], port, "/") as server:
        yield server


@contextlib.asynccontextmanager
async def _running(command: Sequence[str], port: int, path: str) -> AsyncIterator[Server]:
    began = time.perf_counter()
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        while not await _answers(port, path):
            if process.returncode is not None or time.perf_counter() - began > PATIENCE:
                raise RuntimeError(f"the server did not start: {' '.join(command)}")
            await asyncio.sleep(0.005)
        yield Server(process.pid, port, time.perf_counter() - began)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(port: int, path: str) -> bool:
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.write(f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    return b" 200 " in line
