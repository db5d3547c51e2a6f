"""``If-Modified-Since`` on lists of what is shared: 304 only where nothing changed, withdrawals included."""

from collections.abc import Awaitable, Callable

import pytest
from tests.faces.filr.town import Reply, Town

from commonhold.core.content.trash import trash
from commonhold.core.content.tree import rename
from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.members import remove_members
from commonhold.core.model import EVERYONE
from commonhold.core.roles import Role
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.terms import Terms

MINUTE = 60_000


async def children(town: Town, known: Reply | None = None, who: str = "bob", under: str = "with_user") -> Reply:
    """What is shared with Bob, if it is not what is known."""
    headers = {} if known is None else {"if-modified-since": known.headers["last-modified"]}
    whose = "" if under == "public" else f"/{town.no(who)}"
    return await town.clients[who]("GET", f"/shares/{under}{whose}/library_children", headers=headers)


Act = Callable[[Town, str], Awaitable[object]]

ACTS: dict[str, Act] = {
    "withdrawn": lambda town, share: withdraw(town.core, town.actor("alice"), [share]),
    "changed": lambda town, share: amend(town.core, town.actor("alice"), share, role=Role.EDITOR),
    "renamed": lambda town, _: rename(town.core, town.actor("alice"), town.items["/alice/docs"].no, "papers"),
    "thrown away": lambda town, _: trash(town.core, town.actor("alice"), town.items["/alice/docs"].no),
    "shared": lambda town, _: town.give("/alice/a.txt", "bob"),
    "out of the group": lambda town, _: remove_members(
        town.core, town.actor("alice"), town.no("team"), [town.no("bob")]
    ),
    "sharer suspended": lambda town, _: suspend(town.core, town.actor("root"), town.no("alice")),
}


@pytest.mark.parametrize("act", ["withdrawn", *(pytest.param(one, marks=pytest.mark.slow) for one in list(ACTS)[1:])])
async def test_whatever_changes_is_told(town: Town, act: str) -> None:
    """Nothing changed: 304 without a body. Anything did, a withdrawal too: the list as it is now."""
    share = await town.give("/alice/docs", town.no("team"))
    town.clock.advance(MINUTE)
    known = await children(town)
    assert known.status == 200
    same = await children(town, known)
    assert (same.status, same.text, same.headers["last-modified"]) == (304, "", known.headers["last-modified"])
    town.clock.advance(MINUTE)
    await ACTS[act](town, share)
    now = await children(town, known)
    assert (now.status, now.text == known.text) == (200, False)
    town.clock.advance(MINUTE)
    assert (await children(town, await children(town, now))).status == 304


async def test_a_change_within_the_same_second_is_told(town: Town) -> None:
    """Dates of HTTP have whole seconds: what changes right after a reply still counts as later."""
    share = await town.give("/alice/docs", "bob")
    known = await children(town)
    assert "docs" in known.text
    town.clock.advance(1)
    await withdraw(town.core, town.actor("alice"), [share])
    now = await children(town, known)
    assert (now.status, "docs" in now.text) == (200, False)


async def test_windows_count_when_they_come(town: Town) -> None:
    """A share that begins, and ends, changes the list at that moment, though nobody does anything."""
    now = town.clock()
    terms = Terms(starts=now + 2 * MINUTE - 5_000, until=now + 4 * MINUTE - 5_000)
    await town.give("/alice/docs", "bob", terms=terms)
    town.clock.advance(MINUTE)
    known, told = await children(town), []
    for _ in range(4):
        town.clock.advance(MINUTE)
        found = await children(town, known)
        told.append((found.status, "docs" in found.text))
        known = found
    assert told == [(200, True), (304, False), (200, False), (304, False)]


@pytest.mark.parametrize("under", ["by_user", "public"])
async def test_the_other_lists(town: Town, under: str) -> None:
    """What one shares oneself, and what is public, is told in the same way."""
    share = await town.give("/alice/docs", EVERYONE)
    town.clock.advance(MINUTE)
    known = await children(town, None, "alice", under)
    assert (await children(town, known, "alice", under)).status == 304
    town.clock.advance(MINUTE)
    await withdraw(town.core, town.actor("alice"), [share])
    now = await children(town, known, "alice", under)
    assert (now.status, "docs" in now.text) == (200, False)


@pytest.mark.parametrize("value", ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_dates_that_say_nothing(hamlet: Town, value: str) -> None:
    """A date that cannot be read, or is long past, asks for the list."""
    path = f"/shares/with_user/{hamlet.no('bob')}/library_children"
    assert (await hamlet.bob("GET", path, headers={"if-modified-since": value})).status == 200
