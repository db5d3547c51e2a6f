"""The real Python client, in an environment of its own, against a server of ours that speaks https."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from tests.cli.running import Served, environment, serve
from tests.faces.arcgis.town import Town, settle

from commonhold.settings.values import Settings
from commonhold.wiring import open_core, prepare

CLIENT = Path(__file__).parent / "python"
INSTALLING = 900.0  # seconds: it has 639 MB


def folder() -> Path:
    """Return where the environment of this list of packages is, or will be."""
    digest = sha256((CLIENT / "requirements.txt").read_bytes() + sys.version.encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"commonhold-{os.getuid()}" / f"arcgis-python-{digest}"


def installed() -> Path:
    """Return the Python of an environment that has the client; it is kept for the next run."""
    where = folder()
    where.mkdir(parents=True, exist_ok=True)
    python = where / "venv" / "bin" / "python"
    with (where / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (where / "ready").exists():
            _install(where / "venv", python)
            (where / "ready").touch()
    return python


def _install(venv: Path, python: Path) -> None:
    """Make the environment: by uv where there is one, else by Python's own means."""
    uv = os.environ.get("UV") or shutil.which("uv")
    wanted = ("-q", "-r", str(CLIENT / "requirements.txt"))
    if uv is not None:
        _run(uv, "venv", "-q", "--clear", "--python", sys.executable, str(venv))
        _run(uv, "pip", "install", "--python", str(python), *wanted)
    else:
        _run(sys.executable, "-m", "venv", "--clear", str(venv))
        _run(str(python), "-m", "pip", "install", *wanted)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLING, check=False)
    assert done.returncode == 0, done.stderr


def settled(data: Path) -> dict[str, Any]:
    """Make a data directory with the town in it; return names, passwords and ids."""
    settings = Settings(data=data)
    prepare(settings)

    async def build() -> Town:
        async with open_core(settings) as core:
            return await settle(core)

    with ThreadPoolExecutor(1) as pool:
        town = pool.submit(lambda: asyncio.run(build())).result()
    return {"groups": town.groups, "tokens": {name: client.token for name, client in town.clients.items()}}


def certificate(where: Path) -> tuple[str, str]:
    """Make a certificate for this machine; return the files of it and of its key."""
    cert, key = str(where / "cert.pem"), str(where / "key.pem")
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    _run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", *names)
    return cert, key


@contextmanager
def portal(where: Path) -> Iterator[tuple[Served, dict[str, Any]]]:
    """Serve the town by https; yield the server and what clients have to know."""
    town = settled(where / "data")
    cert, key = certificate(where)
    with serve(where / "data", "--tls-cert", cert, "--tls-key", key) as served:
        yield served, town


def played(where: Path) -> dict[str, Any]:
    """Run all scenes with the real client, in one process of its own; return what came of each."""
    python = installed()
    with portal(where) as (served, town):
        given = {**town, "url": f"https://localhost:{served.url.rpartition(':')[2]}", "folder": str(where)}
        done = subprocess.run(
            [str(python), str(CLIENT / "scenes.py")],
            input=msgspec.json.encode(given).decode(),
            capture_output=True,
            text=True,
            timeout=600,
            env=environment(PYTHONWARNINGS="ignore", MPLCONFIGDIR=str(where)),
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = msgspec.json.decode(done.stdout.rpartition("\x1e")[2])
    return found


if __name__ == "__main__":
    sys.stdout.write(f"{installed()}\n")
