"""The real client, run by Node.js against a server of ours."""

from pathlib import Path
from typing import Any

from tests import npm
from tests.faces.puter.town import Town
from tests.http.peer import serving

CLIENT = Path(__file__).parent / "client"


def installed() -> Path:
    """Return the folder where the client is installed."""
    return npm.installed(CLIENT)


async def calls(town: Town, *wanted: tuple[str, str, list[Any]]) -> list[dict[str, Any]]:
    """Run calls of the client as the people they name; return ``ok`` or ``error`` of each."""
    tokens = {name: client.token for name, client in town.clients.items() if client.token}
    async with serving(town.app) as port:
        given, env = {"tokens": tokens, "calls": wanted}, {"ORIGIN": f"http://127.0.0.1:{port}"}
        found: list[dict[str, Any]] = await npm.run(CLIENT, "calls.cjs", given, env)
    return found
