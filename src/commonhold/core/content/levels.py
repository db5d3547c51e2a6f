"""Everything below folders, level by level: a reading for each level and each page of rows, never for each folder."""

from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.content.tree import Seen, seen_below
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor
from commonhold.core.model import Item, Life
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.require import require
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind

MOST: Final = 10_000  # items found in one call


class Below(msgspec.Struct):
    """What lies below some folders, upper levels first. ``whole`` False: there is more than was asked for."""

    items: list[Seen] = []
    gone: list[Item] = []  # thrown away or deleted there since ``since``
    whole: bool = True


async def below(
    core: Core,
    actor: Actor,
    folders: Sequence[Seen],
    *,
    deep: bool = True,
    only: ItemKind | None = None,
    most: int = MOST,
    since: int | None = None,
) -> Below:
    """Return what the actor may read of what lies in folders that he sees, and (``deep``) in the folders there.

    ``only``: of one kind alone. With ``since`` (milliseconds) also what was thrown away there from then on.

    :raises Problem: unknown_item, if the actor may read none of them any more
    """
    found = Below()
    level = {seen.item.no: seen for seen in folders if seen.item.kind is ItemKind.FOLDER}
    allowed = await _allowed(core, actor, tuple(level)) if level else None
    while level and found.whole and allowed is not None:
        under: list[Seen] = []
        for at in range(0, len(level), LONGEST_PAGE):
            page = dict(list(level.items())[at : at + LONGEST_PAGE])
            under += await _read(core, actor, allowed, page, only, most - len(found.items) - len(under))
            if since is not None:
                found.gone += await _gone(core, allowed, tuple(page), since)
        found.items += under
        found.whole = len(found.items) < most
        level = {seen.item.no: seen for seen in under if deep and seen.item.kind is ItemKind.FOLDER}
    return found


async def _allowed(core: Core, actor: Actor, folders: tuple[int, ...]) -> Allowed:
    """Return the proof for reading what lies in folders, of which the actor was found to read each.

    :raises Problem: unknown_item, if there is none of them that he still may read
    """
    judged = await judge(core, Look(actor, items=folders[:LONGEST_PAGE]))
    for no in folders:
        if no in judged.snapshot.items and judged.right(actor, no).may(Action.READ):
            return require(judged, actor, no, Action.READ)[0]
    raise Problem("unknown_item")


async def _read(
    core: Core, actor: Actor, allowed: Allowed, folders: dict[int, Seen], only: ItemKind | None, most: int
) -> list[Seen]:
    """Read what lies in at most a page of folders."""
    found: list[Seen] = []
    where: tuple[Where, ...] = (Where("parent", "in", tuple(folders)), Where("life", "eq", Life.LIVE))
    if only is not None:
        where = (*where, Where("kind", "eq", only))
    after: tuple[str | None, int] | None = None
    while len(found) < most:
        rows: list[Item] = await core.store.rows(allowed, Rows(Item, where, ("name_key",), after))
        found += await _seen(core, actor, folders, rows)
        if len(rows) < LONGEST_PAGE:
            break
        after = (rows[-1].name_key, rows[-1].no)
    return found[: max(most, 0)]


async def _seen(core: Core, actor: Actor, folders: dict[int, Seen], rows: list[Item]) -> list[Seen]:
    """Return rows as the actor sees them: with the right of their folder, or by one more look where nothing comes."""
    rights = {row.no: msgspec.structs.replace(folders[row.parent or 0].right, item=row.no) for row in rows}
    apart = tuple(row.no for row in rows if not row.inherits)
    if apart:
        judged = await judge(core, Look(actor, items=apart))
        rights |= {no: judged.right(actor, no) for no in apart}
    kept = (row for row in rows if rights[row.no].may(Action.READ))
    return [seen_below(folders[row.parent or 0], row, rights[row.no]) for row in kept]


async def _gone(core: Core, allowed: Allowed, folders: Sequence[int], since: int) -> list[Item]:
    """Read what was thrown away or deleted in folders, at most a page of it."""
    where = (Where("parent", "in", tuple(folders)), Where("life", "ne", Life.LIVE), Where("changed_at", "ge", since))
    found: list[Item] = await core.store.rows(allowed, Rows(Item, where))
    return found
