"""Real clients from npm: installed once on a machine from a lock file of ours, and run by Node.js."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec


def installed(client: Path) -> Path:
    """Return a folder with our scripts where the packages of a client's lock file are; it is kept for the next run.

    ``client`` holds ``package.json``, ``package-lock.json`` and the scripts (``*.cjs``, ``*.mjs``).
    """
    digest = sha256((client / "package-lock.json").read_bytes()).hexdigest()[:12]
    named = f"{client.parent.name}-{client.name}-{digest}"
    folder = Path(tempfile.gettempdir()) / f"commonhold-{os.getuid()}" / named
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(client / name, folder / name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (folder / "ready").touch()
        for script in (*client.glob("*.cjs"), *client.glob("*.mjs")):
            shutil.copy(script, folder / script.name)
    return folder


async def run(client: Path, script: str, given: Any, env: Mapping[str, str], patience: float = 60) -> Any:
    """Run a script of a client with JSON on its standard input, and return the JSON that it writes."""
    folder = await asyncio.to_thread(installed, client)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "node", script, cwd=folder, env={**os.environ, **env}, stdin=pipe, stdout=pipe, stderr=pipe
    )
    out, err = await asyncio.wait_for(process.communicate(msgspec.json.encode(given)), patience)
    assert process.returncode == 0, err.decode()
    return msgspec.json.decode(out)
