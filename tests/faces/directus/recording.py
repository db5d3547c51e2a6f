"""The fixture of the recorded cases, run unchanged against a server of ours."""

import asyncio
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import httpx2
import pytest
from tests.http.peer import serving

from commonhold.core.core import Core
from commonhold.core.directory.installation import set_up
from commonhold.core.directory.people import NewUser
from commonhold.faces.directus.face import FACE
from commonhold.http.app import App, build_app

FIXTURE: Final = Path(__file__).parent / "cases" / "fixture.txt"
TAG: Final = "facade"
EMAIL, PASSWORD = "admin@example.com", "d1r3ctu5"


class _Clients(ModuleType):
    """What the fixture knows as its HTTP library: clients that are closed when it is done."""

    def __init__(self) -> None:
        super().__init__("httpx")
        self.made: list[httpx2.Client] = []

    def Client(self, **how: Any) -> httpx2.Client:
        self.made.append(httpx2.Client(**how))
        return self.made[-1]


def _run(base: str) -> dict[str, Any]:
    """Run the fixture against a server, and return what it says it made."""
    module, clients = ModuleType("directus_fixture"), _Clients()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "httpx", clients)
        exec(compile(FIXTURE.read_text(), str(FIXTURE), "exec"), module.__dict__)
        module.__dict__["uuid"] = SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=TAG))  # no digits to search for
    try:
        found: dict[str, Any] = module.setup(base, EMAIL, PASSWORD)
    finally:
        for client in clients.made:
            client.close()
    return found


async def recorded_town(core: Core) -> tuple[App, dict[str, Any]]:
    """Set everything up as the fixture does, and return what it says about it."""
    await set_up(core, NewUser(name="admin", password=PASSWORD, email=EMAIL, verified=True))
    app = build_app(core, [FACE])
    async with serving(app) as port:
        found = await asyncio.to_thread(_run, f"http://127.0.0.1:{port}")
    return app, found
