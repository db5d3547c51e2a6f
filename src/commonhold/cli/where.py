"""Where a command works: on a data directory, in this process, or on a server, over HTTP."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from commonhold import wiring
from commonhold.cli.client import TIMEOUT, Api
from commonhold.cli.exits import Mistyped, Refused, Unusable
from commonhold.core.core import Core
from commonhold.core.directory.installation import acting, is_set_up
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.identity import Actor, Named
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.settings import Settings, SettingsError, load

FACES: Final = ("native",)
"""What is mounted in this process: what commands speak, however the settings name and place faces for others."""


class Where(msgspec.Struct, frozen=True):
    """What the options of a command say: which directory or server, and as whom."""

    data: Path | None = None
    server: str | None = None
    token: str | None = None
    as_user: str | None = None

    @property
    def url(self) -> str | None:
        """The server, if a server is meant: an option counts more than the environment.

        :raises Mistyped: both a server and a directory are given, or the address is none
        """
        if self.server is not None and self.data is not None:
            raise Mistyped("Give either --data or --url, not both.")
        url = self.server if self.server is not None else None if self.data else os.environ.get("COMMONHOLD_URL")
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise Mistyped(f"{url!r} is no address of a server. Write it as https://share.example.org")
        return url.rstrip("/") if url else None

    def settings(self, **given: Any) -> Settings:
        """Read the settings of the data directory; ``given`` counts more than file and environment.

        :raises Unusable: they cannot be used
        """
        return settings_of({"data": self.data, **given})


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Read the settings.

    :raises Unusable: they cannot be used
    """
    try:
        return load(given={name: value for name, value in given.items() if value is not None})
    except SettingsError as error:
        raise Unusable(str(error)) from None


def connected(where: Where, owner: str | None = None) -> AbstractAsyncContextManager[Api]:
    """Open what is meant. ``owner``: as whom on a directory that has no administrator yet.

    :raises CommandError: it cannot be reached, opened or entered
    """
    url = where.url
    if url is None:
        return _directory(where, owner)
    if where.as_user is not None:
        raise Mistyped("--as is for data directories. On a server you are whose token you send.")
    return over_http(url, where.token or os.environ.get("COMMONHOLD_TOKEN"))


@asynccontextmanager
async def over_http(url: str, token: str | None) -> AsyncIterator[Api]:
    """Speak to a server; without a token as nobody."""
    import httpx2

    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT) as client:
        yield Api(client, local=False)


@asynccontextmanager
async def _directory(where: Where, owner: str | None) -> AsyncIterator[Api]:
    settings = _of_its_owner(where.settings())
    async with core_of(settings) as core:
        actor = await actor_on(core, where.as_user, owner)
        async with in_process(core, settings, actor) as api:
            yield api


def _of_its_owner(settings: Settings) -> Settings:
    """Whoever has the directory may give any password, unless its settings say otherwise: he could as well put in the
    hash. What people choose for themselves, over HTTP, keeps its least length."""
    if "limits.password_min" in settings.origins:
        return settings
    return msgspec.structs.replace(settings, limits=msgspec.structs.replace(settings.limits, password_min=1))


@asynccontextmanager
async def core_of(settings: Settings) -> AsyncIterator[Core]:
    """Open a data directory.

    :raises Unusable: it cannot be opened
    """
    try:
        async with wiring.open_core(settings) as core:
            yield core
    except wiring.Unusable as error:
        raise Unusable(str(error)) from None


async def actor_on(core: Core, as_user: str | None, owner: str | None = None) -> Actor:
    """Return as whom the command line acts: the one that is named, the administrator, or, before there is one,
    ``owner`` or the operator of the machine.

    :raises Refused: there is no such user, or he is suspended
    """
    try:
        if as_user is not None:
            return await acting(core, named(as_user))
        if await is_set_up(core):
            return await acting(core)
        return await acting(core, named(owner)) if owner else OPERATOR
    except Problem as problem:
        raise refused(problem) from None


@asynccontextmanager
async def in_process(core: Core, settings: Settings, actor: Actor, base: str | None = None) -> AsyncIterator[Api]:
    """Speak to the native API of an open core in this process; ``base``: the address that links begin with."""
    import httpx2

    from commonhold.cli.transport import InProcess

    base = base or address_of(settings)
    app = wiring.application(core, msgspec.structs.replace(settings, faces={}, base_url=base), FACES)
    root = urlsplit(base)
    client = httpx2.AsyncClient(transport=InProcess(app, actor), base_url=f"{root.scheme}://{root.netloc}")
    async with client:
        yield Api(client, local=True)


def address_of(settings: Settings) -> str:
    """Return the address by which people reach the installation: as set, else that of the server that runs."""
    server = None if settings.base_url else wiring.running(settings)
    return server.url if server else settings.public_url


def refused(problem: Problem) -> Refused:
    """Return a problem of the core as the API would tell it."""
    field = problem.facts.get("field")
    return Refused({"code": problem.code, "detail": problem.sentence, **({"field": field} if field else {})})


def named(user: str) -> Named:
    """Refer to a user by name or uid."""
    return Named(user, Kind.USER)
