"""The web UI: the processor time that each page takes of the server, on full lists."""

import secrets
from collections.abc import AsyncIterator, Iterator

from bench.cases.inside import core_of
from bench.context import Context
from bench.load import Plan, request, run
from bench.report import Figure
from bench.server import ours
from commonhold.core.content.tree import get
from commonhold.core.core import Core
from commonhold.core.directory.installation import acting
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.directory.tokens import set_token
from commonhold.core.identity import Actor, Named
from commonhold.core.model import LINK, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose

WANTED = 20.0  # ms of the server's processor
ADMIN = "page-reader"


async def web(bench: Context) -> AsyncIterator[Figure]:
    """Ask for each page as whoever has most on it, one request after the other."""
    async with core_of(bench) as core:
        found = list(await _pages(core, bench))
    count = bench.calls(100)
    async with ours(bench.data) as server:
        for name, asked in found:
            await run(Plan(server.port, 1, [asked] * 5))
            before = server.cpu()
            done = await run(Plan(server.port, 1, [asked] * count))
            spent = (server.cpu() - before) * 1_000 / count
            if done.good != count:
                raise RuntimeError(f"{name}: {done.statuses}")
            yield Figure(f"web: {name}", spent, "ms CPU", WANTED, beside={"median_ms": done.median_ms})


async def _pages(core: Core, bench: Context) -> Iterator[tuple[str, str]]:
    """Return each page's name, and the request for it."""
    town = bench.town
    owner, popular, admin = await _token(core, town.owner), await _token(core, town.popular), await _admin(core)
    wide, busy = [(await get(core, Actor(town.owner), no)).item.uid for no in (town.wide, town.busy)]
    asked = (
        ("a link's page, of a folder of thousands", None, f"/s/{await _link(core, town.owner, town.wide)}"),
        ("a folder of thousands", owner, f"/app/items/{wide}"),
        ("the same as a grid", owner, f"/app/items/{wide}?view=grid"),
        ("search", owner, "/app/search?q=a"),
        ("trash", owner, "/app/trash"),
        ("shared with me, 40 k shares", popular, "/app"),
        ("shared by me", owner, "/app/given"),
        ("links", owner, "/app/links"),
        ("share dialog of an item with 10 k shares", owner, f"/app/items/{busy}/share"),
        ("who has access to it", owner, f"/app/items/{busy}/access"),
        ("account", owner, "/app/account"),
        ("people", admin, "/app/people"),
        ("groups", admin, "/app/groups"),
        ("all shares", admin, "/app/shares"),
        ("audit", admin, "/app/audit"),
    )
    return ((name, request("GET", path, token=token)) for name, token, path in asked)


async def _link(core: Core, owner: int, item: int) -> str:
    """Share an item by a link, and return its secret."""
    report = await propose(core, Actor(owner), Proposal((Asked(item),), (LINK,), role=Role.VIEWER))
    found: list[Share] = await core.store.rows(machine(), Rows(Share, (Where("no", "eq", report.pairs[0].no),)))
    return secret_of(core, found[0])


async def _token(core: Core, user: int) -> str:
    """Give somebody a token."""
    secret = secrets.token_urlsafe(24)
    await set_token(core, OPERATOR, user, secret, "pages")
    return secret


async def _admin(core: Core) -> str:
    """Give an administrator a token; make one if a run before has not."""
    try:
        await add_user(core, OPERATOR, NewUser(name=ADMIN, admin=True))
    except Problem as problem:
        if problem.code != "name_taken":
            raise
    return await _token(core, (await acting(core, Named(ADMIN, Kind.USER))).user or 0)
