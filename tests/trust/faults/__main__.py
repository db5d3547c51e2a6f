"""All faults, again and again until the time is over: ``python -m tests.trust.faults [--minutes N] [--seed S]``.

Each is made once at least, whatever time that takes: 200 kills take a quarter of an hour.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from tests.postgres import OwnServer, lacking
from tests.trust.faults import clients, peers, servers
from tests.trust.faults.malformed import malformed
from tests.trust.long import Long, asked
from tests.trust.place import Place, alone, furnished, serving

KILLS, IDLE = 200, 10_000


class Faults:
    """The long forms, each on an installation of its own."""

    def __init__(self, long: Long, folder: Path, kills: int) -> None:
        """Make an installation to copy."""
        self.long = long
        self.rng = long.rng
        self.kills = kills
        self.folder = folder
        self.made = furnished(folder / "made")
        self.count = 0

    def place(self) -> Place:
        """Return an installation like the one that was made."""
        self.count += 1
        return msgspec.structs.replace(
            self.made, data=Path(shutil.copytree(self.made.data, self.folder / f"{self.count}"))
        )

    def all(self) -> dict[str, Callable[[], dict[str, Any]]]:
        """Return the faults by name."""
        return {
            "kill -9": lambda: servers.killed(self.place(), self.rng, self.kills),
            "kill -9 of one of 3 processes": lambda: servers.killed(
                self.place(), self.rng, max(2, self.kills // 10), 3
            ),
            "disk full (files may not grow)": lambda: servers.disk_full(self.place(), self.rng),
            "disk full (a file system of 256 MiB)": self._small,
            "PostgreSQL killed": self._postgres,
            "S3 hangs": lambda: alone(peers.bucket_hangs(2)),
            "S3 stalls; slow download": lambda: alone(peers.slow_download(2)),
            "SMTP hangs": lambda: alone(peers.mail_server_hangs(self.place())),
            "clock jumps": lambda: alone(peers.clock_jumps(self.rng, 200)),
            "slow clients": lambda: self._clients(lambda one: clients.slow_clients(one, 20), **clients.SHORT),
            "idle connections": lambda: self._clients(lambda one: clients.idle_connections(one, _most())),
            "broken pipes": lambda: self._clients(lambda one: clients.broken_pipes(one, self.rng, 200)),
            "malformed HTTP": lambda: self._clients(lambda one: malformed(one, self.rng, 5_000), **clients.SHORT),
        }

    def _clients(self, work: Callable[[Any], Any], **more: str) -> dict[str, Any]:
        with serving(self.place(), more=more) as running:
            return dict(alone(work(running)))

    def _small(self) -> dict[str, Any]:
        try:
            return servers.small_disk(self.place(), self.rng, self.folder / "small")
        except (OSError, subprocess.CalledProcessError) as error:
            return {"not made": f"no file system may be mounted here ({type(error).__name__})"}

    def _postgres(self) -> dict[str, Any]:
        if reason := lacking():
            return {"not made": reason}
        server = OwnServer(fsync="on", full_page_writes="on")
        try:
            server.start()
            self.count += 1
            place = furnished(self.folder / f"{self.count}", server.bare())
            return servers.database_restarted(place, server, self.rng, max(2, self.kills // 10))
        finally:
            server.stop()


def _most() -> int:
    """Return how many connections may be held: both ends are files of this machine."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(IDLE, soft - 500)


def main() -> int:
    """Make them."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust.faults")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--only", default="", help="faults whose names hold this text")
    given, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    long = asked("faults")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with suppress(SystemExit), tempfile.TemporaryDirectory() as folder:  # asked to end: what is known is told
        faults = Faults(long, Path(folder), given.kills)
        first = True
        while first or not long.over():
            for name, work in faults.all().items():
                if given.only in name and (first or not long.over()):
                    long.run(name, work)
            first = False
    return long.end()


if __name__ == "__main__":
    sys.exit(main())
