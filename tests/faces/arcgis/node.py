"""The real JavaScript client, run by Node.js against a server of ours."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from tests.faces.arcgis.town import PASSWORD, REST, Town
from tests.http.peer import serving

CLIENT = Path(__file__).parent / "client"
Wanted = tuple[str, str, dict[str, Any]]


def installed() -> Path:
    """Return a folder where the client of the lock file is installed; it is kept for the next run."""
    lock = (CLIENT / "package-lock.json").read_bytes()
    name = f"arcgis-client-{sha256(lock).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / f"commonhold-{os.getuid()}" / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            for one in ("package.json", "package-lock.json"):
                shutil.copy(CLIENT / one, folder / one)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (folder / "ready").touch()
    shutil.copy(CLIENT / "calls.cjs", folder / "calls.cjs")
    return folder


async def calls(town: Town, *wanted: Wanted, sign_in: bool = False) -> list[dict[str, Any]]:
    """Run calls of the client as the people they name; return ``ok`` or ``error`` of each.

    ``sign_in``: by name and password, else by a token that is there already.
    """
    folder = await asyncio.to_thread(installed)
    async with serving(town.app) as port:
        tokens = {name: client.token for name, client in town.clients.items() if client.token}
        given = {"tokens": tokens, "calls": wanted, "passwords": PASSWORD if sign_in else None}
        process = await asyncio.create_subprocess_exec(
            "node",
            "calls.cjs",
            cwd=folder,
            env={**os.environ, "PORTAL": f"http://127.0.0.1:{port}{REST}"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(msgspec.json.encode(given)), 120)
    assert process.returncode == 0, err.decode()
    found: list[dict[str, Any]] = msgspec.json.decode(out)
    return found


def good(found: list[dict[str, Any]]) -> list[Any]:
    """Return what calls gave, none of which may have failed."""
    assert all("error" not in one for one in found), found
    return [one["ok"] for one in found]
