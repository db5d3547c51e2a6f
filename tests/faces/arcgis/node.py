"""The real JavaScript client, run by Node.js against a server of ours."""

from pathlib import Path
from typing import Any

from tests import npm
from tests.faces.arcgis.town import PASSWORD, REST, Town
from tests.http.peer import serving

CLIENT = Path(__file__).parent / "client"
Wanted = tuple[str, str, dict[str, Any]]


def installed() -> Path:
    """Return the folder where the client is installed."""
    return npm.installed(CLIENT)


async def calls(town: Town, *wanted: Wanted, sign_in: bool = False) -> list[dict[str, Any]]:
    """Run calls of the client as the people they name; return ``ok`` or ``error`` of each.

    ``sign_in``: by name and password, else by a token that is there already.
    """
    tokens = {name: client.token for name, client in town.clients.items() if client.token}
    given = {"tokens": tokens, "calls": wanted, "passwords": PASSWORD if sign_in else None}
    async with serving(town.app) as port:
        env = {"PORTAL": f"http://127.0.0.1:{port}{REST}"}
        found: list[dict[str, Any]] = await npm.run(CLIENT, "calls.cjs", given, env, 120)
    return found


def good(found: list[dict[str, Any]]) -> list[Any]:
    """Return what calls gave, none of which may have failed."""
    assert all("error" not in one for one in found), found
    return [one["ok"] for one in found]
