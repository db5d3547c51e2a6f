"""What happened, for administrators of the installation: newest first, with the names that there are now.

Events are numbers. Names come from people's profiles, which may be erased, and from items that the administrator may
see himself; addresses from their own rows, which go after a while.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from commonhold.core.core import Core, judge
from commonhold.core.directory.reading import After, Page, by_no, equal, one, page_of
from commonhold.core.directory.standing import Standing, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import Event, Item, Origin, Share
from commonhold.core.notices.letters import name_of
from commonhold.core.notices.reading import all_of
from commonhold.core.policy.allowed import ADMINISTRATION
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action


class Asked(msgspec.Struct, frozen=True):
    """Which events: all conditions hold. ``kind`` may end with a dot (``share.``: whatever happens to shares).

    ``person``: who did it; ``principal``: the number of whom it was done to; items and shares by number or uid;
    ``since`` and ``until`` in milliseconds, both included.
    """

    kind: str | None = None
    person: RecipientRef | None = None
    principal: int | None = None
    item: int | str | None = None
    share: int | str | None = None
    face: str | None = None
    address: str | None = None
    since: int | None = None
    until: int | None = None


EVERYTHING: Final = Asked()


class Told(msgspec.Struct, frozen=True):
    """An event, with what its numbers are called now: who did it, to whom, from where, with which item."""

    event: Event
    by: str | None = None
    about: str | None = None
    address: str | None = None
    item: str | None = None  # its uid
    name: str | None = None  # if the reader may see the item

    @property
    def facts(self) -> dict[str, Any]:
        """What else is known of it."""
        found: dict[str, Any] = msgspec.json.decode(self.event.facts)
        return found


async def events(
    core: Core, actor: Actor, asked: Asked = EVERYTHING, *, after: After = None, limit: int = LONGEST_PAGE
) -> Page[Told]:
    """List events, newest first.

    :raises Problem: unauthenticated; forbidden unless the actor administers the installation; unknown_user,
        unknown_item, unknown_share for what is not there; bad_cursor
    """
    refs = () if asked.person is None or isinstance(asked.person, int) else (asked.person,)
    standing = await stand(core, actor, *refs)
    standing.need_admin()
    where = await _where(core, asked, standing)
    page = await page_of(core, standing.allowed(ADMINISTRATION), Event, where, order=("-no",), after=after, limit=limit)
    return Page(await _told(core, actor, page.rows), page.next)


async def _where(core: Core, asked: Asked, standing: Standing) -> tuple[Where, ...]:
    """Return the conditions on the rows."""
    found: list[Where] = []
    if asked.kind is not None:
        found.append(Where("kind", "prefix" if asked.kind.endswith(".") else "eq", asked.kind))
    if asked.person is not None:
        no = asked.person if isinstance(asked.person, int) else standing.seen.found_recipients.get(asked.person)
        if no is None:
            raise Problem("unknown_user", field="person")
        found += equal(actor=no)
    for column in ("principal", "face"):
        if (value := getattr(asked, column)) is not None:
            found += equal(**{column: value})
    if asked.item is not None:
        found += equal(item=await _number(core, Item, asked.item, "unknown_item"))
    if asked.share is not None:
        found += equal(share=await _number(core, Share, asked.share, "unknown_share"))
    if asked.address is not None:
        origins = await all_of(core, Origin, Where("address", "eq", asked.address))
        found.append(Where("origin", "in", tuple(row.no for row in origins)))
    if asked.since is not None:
        found.append(Where("at", "ge", asked.since))
    if asked.until is not None:
        found.append(Where("at", "le", asked.until))
    return tuple(found)


async def _number(core: Core, table: type[Item | Share], ref: int | str, otherwise: str) -> int:
    """Return the number of what a uid names; a number stands also for what is long gone."""
    if isinstance(ref, int):
        return ref
    row = await one(core, table, uid=ref)
    if row is None:
        raise Problem(otherwise)
    return row.no


async def _told(core: Core, actor: Actor, rows: Sequence[Event]) -> tuple[Told, ...]:
    """Give events the names that there are now."""
    items = tuple({row.item for row in rows if row.item is not None})
    people = tuple({no for row in rows for no in (row.actor, row.principal) if no is not None})
    judged = await judge(core, Look(actor, items=items, recipients=people, names=True))
    origins = await by_no(core, machine(), Origin, tuple({row.origin for row in rows if row.origin is not None}))
    seen = judged.snapshot

    def tell(row: Event) -> Told:
        origin, item = origins.get(row.origin or 0), seen.items.get(row.item or 0)
        may = item is not None and judged.right(actor, item.no).may(Action.READ)
        return Told(
            row,
            name_of(seen.profiles.get(row.actor or 0)),
            name_of(seen.profiles.get(row.principal or 0)),
            origin.address if origin is not None else None,
            item.uid if item is not None else None,
            item.name if item is not None and may else None,
        )

    return tuple(map(tell, rows))
