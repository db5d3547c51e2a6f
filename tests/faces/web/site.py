"""A site to visit: Alice owns files and shares them, Bob has an account, everybody else has a link."""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2
from tests.faces.web.reading import fit

from commonhold.core.content.files import put
from commonhold.core.content.making import make_folder
from commonhold.core.content.space import own_top
from commonhold.core.core import Core
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.model import LINK, Item, Share, Use
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.terms import Terms
from commonhold.faces.native.face import FACE as NATIVE
from commonhold.faces.web.face import FACE as WEB
from commonhold.http.app import build_app
from commonhold.http.media import media_type
from commonhold.settings.values import Settings
from commonhold.testing.core import TestClock

PASSWORD: Final = "correct horse"
HOST: Final = "http://files.example"


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """Yield bytes as an upload does."""
    yield data


class Browser:
    """Somebody with a browser: it keeps cookies, and says where its forms come from."""

    def __init__(self, app: Any, base: str = HOST, address: str = "192.0.2.7") -> None:
        """Visit ``app`` as nobody."""
        transport = httpx2.ASGITransport(app=app, client=(address, 1234))
        self.http = httpx2.AsyncClient(transport=transport, base_url=base)
        self.base = base

    async def get(self, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
        """Go to a page, which must be fit to be seen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return fit(await self.http.request(method, path, headers=named))

    async def post(self, path: str, data: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
        """Send a form of our own page."""
        headers = {"origin": self.base, **more.pop("headers", {})}
        return fit(await self.http.post(path, data=data or {}, headers=headers, **more))

    async def send(self, path: str, *files: tuple[str, bytes]) -> httpx2.Response:
        """Send files."""
        return await self.post(path, files=[("file", one) for one in files])

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx2.Response:
        """Log in."""
        done = await self.post("/app/sign-in", {"name": name, "password": password})
        assert done.status_code == 303, done.text
        return done


class Site:
    """The core, its app, and short ways to say what a test does."""

    def __init__(self, core: Core, settings: Settings | None = None) -> None:
        """Serve ``core`` with the pages, and the API beside them."""
        self.core = core
        self.app = build_app(core, [NATIVE, WEB], settings)
        self.alice = self.bob = self.root = Actor()
        self.home = 0

    @classmethod
    async def found(cls, core: Core, settings: Settings | None = None) -> "Site":
        """Make everybody an account."""
        site = cls(core, settings)
        await set_up(core, NewUser(name="root", password=PASSWORD, email="root@example.org", verified=True))
        site.root = await acting(core)
        for name in ("alice", "bob"):
            new = NewUser(name=name, password=PASSWORD, email=f"{name}@example.org", verified=True)
            await add_user(core, site.root, new)
        site.alice, site.bob = [await acting(core, Named(name, Kind.USER)) for name in ("alice", "bob")]
        site.home = await own_top(core, site.alice)
        return site

    def again(self, core: Core) -> "Site":
        """Return the same site over another core that holds the same."""
        other = Site(core)
        other.alice, other.bob, other.root, other.home = self.alice, self.bob, self.root, self.home
        return other

    @property
    def clock(self) -> TestClock:
        """The clock that tests move."""
        assert isinstance(self.core.clock, TestClock)
        return self.core.clock

    def visitor(self, **more: str) -> Browser:
        """Return somebody's fresh browser."""
        return Browser(self.app, **more)

    async def folder(self, name: str, parent: int | None = None) -> Item:
        """Make a folder of Alice's."""
        return await make_folder(self.core, self.alice, parent or self.home, name)

    async def file(self, name: str, data: bytes = b"hello", parent: int | None = None) -> Item:
        """Put a file of Alice's."""
        media = media_type(name, data[:2048])
        return await put(self.core, self.alice, parent or self.home, name, pieces(data), media=media)

    async def share(self, item: Item, to: RecipientRef, role: Role | None = Role.VIEWER, **terms: Any) -> Share:
        """Share something of Alice's."""
        asked = Proposal((Asked(item.no),), (to,), role=role, terms=Terms(**terms))
        pair = (await propose(self.core, self.alice, asked)).pairs[0]
        assert pair.refused is None, pair
        found: list[Share] = await self.core.store.rows(machine(), Rows(Share, (Where("no", "eq", pair.no),)))
        return found[0]

    async def link(self, item: Item, role: Role = Role.VIEWER, **terms: Any) -> str:
        """Share something of Alice's by a link, and return the path of its page."""
        return f"/s/{secret_of(self.core, await self.share(item, LINK, role, **terms))}"

    async def uses(self) -> int:
        """Return how many passes were handed out."""
        found: list[Use] = await self.core.store.rows(machine(), Rows(Use, ()))
        return sum(use.used for use in found)
