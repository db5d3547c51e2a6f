"""What happened between the recorded cases: shares made beforehand, and changes that no case shows."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from tests.faces.directus.recorded import Run

Scene = Callable[[Run], Awaitable[None]]

PAST, FUTURE = "2001-01-01T00:00:00.000Z", "2051-01-01T00:00:00.000Z"
ADMIN: Final = "00000000-0000-4000-8000-0000000000a0"

ROLES: Final[tuple[tuple[str, str | None, dict[str, str]], ...]] = (
    ("access: writer role", "writer", {}),
    ("access: limited role, created by editor", "limited", {"by": "editor"}),
    ("access: limited: ", "limited", {}),
    ("access: draftonly role", "draftonly", {}),
    ("access: empty role", "empty", {}),
    ("access: role null", None, {}),
    ("access: admin role, created by editor", ADMIN, {"by": "editor"}),
    ("access: admin role", ADMIN, {}),
    ("access: reverse field", "viewer", {"item": "4"}),
)


async def access(run: Run, case: dict[str, Any]) -> None:
    """Ask as the share whose role a case names; the first one is the viewer's."""
    if "{id1}" not in run.bound:
        await run.open(await run.make("{id1}"), mode="json")
        run.tokens = {"": run.token}
    for beginning, role, how in ROLES:
        if case["case"].startswith(beginning):
            if beginning not in run.tokens:
                uid = role if role == ADMIN else run.facts["roles"][role] if role else None
                await run.open(await run.make(None, role=uid, **how), mode="json")
                run.tokens[beginning] = run.token
            run.token = run.tokens[beginning]
            return
    run.token = run.tokens[""]


async def auth(run: Run) -> None:
    """Make a share of each kind."""
    await run.make("{id1}")
    await run.make("{id2}", password="secret")
    await run.make("{id4}", date_end=PAST)
    await run.make("{id5}", date_start=FUTURE)
    await run.make("{id6}", date_end=PAST, password="a")
    await run.make("{id7}", date_start=PAST, date_end=FUTURE)
    for place, uses in (("{id8}", 0), ("{id9}", 1), ("{id10}", 2), ("{id11}", -1)):
        await run.make(place, max_uses=uses)
    await run.make("{id12}", password="yes")
    await run.make("{id13}", times_used=None)


async def delete(run: Run) -> None:
    """Make shares to be ended."""
    for number in (1, 3, 5, 6, 7, 8):
        await run.make(f"{{id{number}}}")
    await run.make("{id4}", by="editor")
    await run.make("{id9}")


async def info(run: Run) -> None:
    """Make shares to be told of."""
    await run.make("{id1}")
    await run.make("{id2}", password="x")
    await run.make("{id3}", date_end=PAST)
    await run.make("{id4}", date_start=FUTURE)
    await run.make("{id5}", max_uses=1, times_used=5)


async def invite(run: Run) -> None:
    """Make shares to be mailed."""
    await run.make("{id1}")
    await run.make("{id2}", by="editor")
    await run.make("{id4}", by="editor")
    await run.make("{id5}", date_end=PAST)


async def read(run: Run) -> None:
    """Make the five shares that are read."""
    for number, place in enumerate(("{id6}", "{id2}", "{id7}", "{id1}", "{id9}")):
        more: dict[str, Any] = {"max_uses": number or None, "name": f"rd-57729f-{number}"}
        more |= {"password": "x"} if number == 2 else {}
        await run.make(place, by="editor" if number == 3 else "admin", **more)


async def refresh(run: Run) -> None:
    """Open a share to be refreshed."""
    await run.open(await run.make("{id1}"), mode="json")


async def update(run: Run) -> None:
    """Make shares to be changed."""
    await run.make("{id1}", name="u1")
    await run.make("{id2}")
    await run.make("{id3}", name="u3")
    await run.make("{id6}", by="editor", name="ed1")
    await run.make("{id7}", name="u7")


async def graphql(run: Run) -> None:
    """Make a share to be asked for, and open it."""
    await run.make("{id1}", name="gql")
    await run.open(await run.make("{id9}"), mode="json")


SETUP: Final[dict[str, Scene]] = {
    "auth": auth,
    "delete": delete,
    "info": info,
    "invite": invite,
    "read": read,
    "refresh": refresh,
    "update": update,
    "graphql": graphql,
}


# --- between cases

_SHARE: Final = (
    "graphql: system: share token",
    "refresh: json new token works",
    "refresh: json old access token still works",
    "refresh:   -> access token after logout",
)
_ADMIN: Final = ("lifecycle: item deleted, share still there",)


def asked_as(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case with who asked, where its record names somebody else."""
    if case["case"].startswith(_SHARE):
        return {**case, "as": "share token"}
    return {**case, "as": "admin"} if case["case"] in _ADMIN else case


def _opened(mode: str) -> Scene:
    async def scene(run: Run) -> None:
        await run.open(run.bound["{id1}"], mode=mode)

    return scene


def _ended(**change: Any) -> Scene:
    """Change the share that was opened before."""

    async def scene(run: Run) -> None:
        assert (await run.admin("PATCH", f"/shares/{run.bound['{now}']}", change)).status == 200

    return scene


async def fresh(run: Run) -> None:
    """Open a new share."""
    await run.open(await run.make("{now}"), mode="json")


def _after(*scenes: Scene) -> Scene:
    async def scene(run: Run) -> None:
        for one in scenes:
            await one(run)

    return scene


async def role_limited(run: Run) -> None:
    """Give the share another role."""
    await _ended(role=run.facts["roles"]["limited"])(run)


async def withdrawn(run: Run) -> None:
    """Delete the share that was opened before."""
    assert (await run.admin("DELETE", f"/shares/{run.bound['{now}']}")).status == 204


async def session_gone(run: Run) -> None:
    """Delete a share whose session cookie is kept."""
    await run.open(await run.make("{now}"), mode="session")
    await withdrawn(run)


async def row_gone(run: Run) -> None:
    """Share a new row, open that, and delete the row."""
    articles = run.tagged("articles")
    made = await run.admin("POST", f"/items/{articles}", {"title": "gone"})
    await run.open(await run.make("{id1}", item=str(made.data["id"])), mode="json")
    assert (await run.admin("DELETE", f"/items/{articles}/{made.data['id']}")).status == 204


async def by_editor(run: Run) -> None:
    """Open a share that the editor made."""
    await run.open(await run.make("{now}", by="editor"), mode="json")


async def nonsense(run: Run) -> None:
    """Ask with a token that nobody was given."""
    run.token = "nonsense"


async def expired(run: Run) -> None:
    """Let the token of a new share expire."""
    await fresh(run)
    run.facts["core"].clock.advance(15 * 60_000)


async def garbage(run: Run) -> None:
    """Keep a cookie that is none."""
    run.cookies["directus_session_token"] = "garbage"


async def old_cookie(run: Run) -> None:
    """Take the cookie before the last one."""
    run.cookies["directus_refresh_token"] = run.before["directus_refresh_token"]


async def new_cookie(run: Run) -> None:
    """Take the last cookie again."""
    run.cookies |= run.after


async def old_session(run: Run) -> None:
    """Take the session cookie that was renewed, for its grace."""
    run.after["directus_session_token"] = run.cookies["directus_session_token"]
    run.cookies["directus_session_token"] = run.before["directus_session_token"]


async def old_refresh(run: Run) -> None:
    """Take the refresh token before the last one."""
    run.newest, run.refresh = run.refresh, run.refreshed[-2]


async def new_refresh(run: Run) -> None:
    """Take the newest refresh token again."""
    run.refresh = run.newest


BEFORE: Final[dict[str, Scene]] = {
    "refresh: json old refresh token again": old_refresh,
    "refresh: json mode omitted, refresh_token given": new_refresh,
    "refresh: cookie": _opened("cookie"),
    "refresh: cookie old again": old_cookie,
    "refresh: cookie, mode omitted": new_cookie,
    "refresh: session cookie reads item": _opened("session"),
    "refresh: session refresh old again (grace)": old_session,
    "refresh: session garbage cookie on read": garbage,
    "refresh: logout json": _opened("json"),
    "refresh: logout session": _opened("session"),
    "refresh: share deleted, session cookie": session_gone,
    "lifecycle: before": fresh,
    "lifecycle: share expired, live access token": _ended(date_end=PAST),
    "lifecycle: share exhausted, live access token": _after(fresh, _ended(max_uses=1)),
    "lifecycle: role changed to limited, live access token": _after(fresh, role_limited),
    "lifecycle: item moved, old item": _after(fresh, _ended(item="3")),
    "lifecycle: password added, live access token": _after(fresh, _ended(password="new")),
    "lifecycle: share deleted, live access token": _after(fresh, withdrawn),
    "lifecycle: item deleted, token": row_gone,
    "lifecycle: creator=editor before": by_editor,
    "lifecycle: expired access token": expired,
    "lifecycle: token signed with a wrong secret": nonsense,
    "lifecycle: token with wrong issuer": nonsense,
}
