"""Planning what lines about spaces and items come to. What is there already, by uid or by its place, stays as it is."""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from commonhold.blobs.folder import place_of
from commonhold.core.changes import Charge
from commonhold.core.content.making import attributes_text, label, web_address
from commonhold.core.content.names import canonical, name_key
from commonhold.core.model import MAIN_ORG, Item, ItemKind, Life, Space, Version
from commonhold.core.policy.require import machine
from commonhold.core.ports import Where
from commonhold.core.problems import Problem
from commonhold.core.records.items import LONGEST_NAME, NO_OWNER, SPACE
from commonhold.moving.exchange import lines
from commonhold.moving.exchange.arriving import Arriving, Numbered, Place, Plan, Refused, real
from commonhold.moving.exchange.reading import among

CHUNK: Final = 1 << 20
LIVE: Final = Where("life", "eq", Life.LIVE)


# --- spaces


async def spaces(arriving: Arriving, batch: Sequence[Numbered]) -> Plan:
    """Plan spaces with their top folders. Somebody's own space, made for him, is the one that he has here."""
    plan, store = Plan(arriving), arriving.core.store
    known = {row.uid: row for row in await among(store, Space, "uid", [one.line.uid for one in batch])}
    owners = {plan.who(one.line.owner) for one in batch}
    owned = await among(store, Space, "owner", real([*owners]))
    roots = [row.root for row in (*known.values(), *owned)]
    tops = {row.no: row for row in await among(store, Item, "no", roots, LIVE)}
    taken = {row.uid for row in await among(store, Item, "uid", [one.line.top.uid for one in batch])}
    own = {row.owner: row for row in owned if row.root in tops and tops[row.root].created_by == row.owner}
    for one in batch:
        try:
            owner = _owner(plan, one.line)
            is_own = one.line.owner is not None and one.line.top.created_by == one.line.owner
            found = known.get(one.line.uid) or (own.get(owner) if is_own else None)
            if found is None:
                _need(one.line.top.uid not in taken, "uid_taken")
                found = known[one.line.uid] = _add_space(plan, one.line, owner)
                if is_own:
                    own[owner] = found
                plan.made(one)
            else:
                _need(found.root < 0 or found.root in tops, "deleted")
                plan.there(one)
            plan.new.spaces[one.line.uid] = found.no
            plan.new.items[one.line.top.uid] = Place(found.root, found.no, 0, ItemKind.FOLDER)
        except Refused as refused:
            plan.left_out(one, str(refused))
    return plan


def _need(holds: bool, reason: str) -> None:
    if not holds:
        raise Refused(reason)


def _owner(plan: Plan, line: lines.Space) -> int:
    if line.owner is None:
        if line.uid != SPACE:  # of all spaces that of records alone has no owner
            raise Refused("unknown_person")
        return NO_OWNER
    found = plan.person(line.owner)
    return 0 if found is None else found.no


def _add_space(plan: Plan, line: lines.Space, owner: int) -> Space:
    no, root, top = plan.arriving.number(), plan.arriving.number(), line.top
    org = MAIN_ORG if line.owner is None else plan.who(line.org)
    space = Space(no, line.uid, owner, org, root)
    row = Item(
        root, top.uid, no, None, ItemKind.FOLDER, top.name, None, inherits=top.inherits, protected=top.protected,
        created_by=plan.who(top.created_by), changed_by=plan.who(top.changed_by), made_at=top.made_at,
        changed_at=top.changed_at, attributes=_attributes(top),
    )  # fmt: skip
    plan.put(space, row)
    return space


def _attributes(line: lines.Item) -> str:
    try:
        return attributes_text(line.attributes)
    except Problem as problem:
        raise Refused(problem.code) from None


# --- items


class _There:
    """Which of the items of a batch are there, by uid, by place, and, records, by collection and key."""

    def __init__(self) -> None:
        self.uids: dict[str, Item] = {}
        self.places: dict[tuple[int, str], Item] = {}
        self.records: dict[tuple[str | None, str | None], Item] = {}
        self.collections: set[str] = set()

    def add(self, row: Item) -> None:
        """Remember an item that is about to be made."""
        self.uids[row.uid] = row
        if row.parent is not None and row.name_key is not None:
            self.places[row.parent, row.name_key] = row
        if row.kind is ItemKind.RECORD:
            self.records[row.collection, row.ref] = row


async def items(arriving: Arriving, batch: Sequence[Numbered]) -> Plan:
    """Plan items. The bytes of files are there already (``receive``)."""
    plan, there = Plan(arriving), await _items_there(arriving, batch)
    sizes: dict[int, int] = {}
    for one in batch:
        try:
            above = _above(plan, one.line)
            found = _found(one.line, above, there)
            if found is None:
                found = _add_item(plan, one.line, above, there)
                sizes[found.space] = sizes.get(found.space, 0) + _size_of(plan, one.line)
                plan.made(one)
            else:
                plan.there(one)
            plan.new.items[one.line.uid] = Place(found.no, found.space, above.depth + 1, found.kind)
        except Refused as refused:
            plan.left_out(one, str(refused))
        except Problem as problem:
            plan.left_out(one, problem.code)
    plan.changes += (Charge(space, size) for space, size in sizes.items() if size)
    return plan


async def _items_there(arriving: Arriving, batch: Sequence[Numbered]) -> _There:
    store, there = arriving.core.store, _There()
    for row in await among(store, Item, "uid", [one.line.uid for one in batch]):
        there.uids[row.uid] = row
    above = [found.no for one in batch if (found := arriving.known.items.get(one.line.parent or "")) is not None]
    names = tuple({one.line.name for one in batch if one.line.name is not None})
    if names:
        for row in await among(store, Item, "parent", real(above), Where("name_key", "in", names), LIVE):
            there.places[row.parent or 0, row.name_key or ""] = row
    keys = [one.line.ref for one in batch if one.line.kind is ItemKind.RECORD]
    alive = (Where("kind", "eq", ItemKind.RECORD), Where("life", "ne", Life.DELETED))
    for row in await among(store, Item, "ref", keys, *alive):
        there.records[row.collection, row.ref] = row
    if keys and arriving.core.records is not None:
        there.collections = {one.name for one in await arriving.core.records.catalog()}
    return there


def _above(plan: Plan, line: lines.Item) -> Place:
    """Return the folder of an item; of a record its space, as if that were one."""
    if line.kind is ItemKind.RECORD:
        no = plan.new.spaces.get(line.space or "") or plan.arriving.known.spaces.get(line.space or "")
        if no is None or line.parent is not None:
            raise Refused("unknown_space")
        return Place(0, no, 0, ItemKind.FOLDER)
    above = plan.item(line.parent)
    if above.kind is not ItemKind.FOLDER:
        raise Refused("not_a_folder")
    if above.depth >= plan.arriving.core.limits.depth:
        raise Refused("tree_too_deep")
    return above


def _found(line: lines.Item, above: Place, there: _There) -> Item | None:
    found = there.uids.get(line.uid)
    if line.kind is ItemKind.RECORD:
        found = found or there.records.get((line.collection, line.ref))
    if found is not None:
        if found.kind is not line.kind:
            raise Refused("uid_taken")
        if found.life is not Life.LIVE:
            raise Refused("in_trash" if found.life is Life.TRASHED else "deleted")
        return found
    beside = there.places.get((above.no, name_key(line.name or "")))
    if beside is not None and not (beside.kind is line.kind is ItemKind.FOLDER):
        raise Refused("name_collides")
    return beside


def _add_item(plan: Plan, line: lines.Item, above: Place, there: _There) -> Item:
    limits, number = plan.arriving.core.limits, plan.arriving.number
    is_record = line.kind is ItemKind.RECORD
    if is_record and line.collection not in there.collections:
        raise Refused("unknown_collection")
    name = label(line.name or "-", limits, "name")[:LONGEST_NAME] if is_record else canonical(line.name or "", limits)
    contents = _contents(plan, line)
    last = contents[-1][0] if contents else None
    no = number()
    versions = [
        Version(
            number(), no, one.ordinal, key, one.size, one.sha256, one.media, plan.who(one.made_by), one.made_at
        )
        for one, key in contents
    ]  # fmt: skip
    row = Item(
        no, line.uid, above.space, above.no or None, line.kind, line.name if is_record else name,
        None if is_record else name_key(name), inherits=line.inherits, protected=line.protected,
        created_by=plan.who(line.created_by), changed_by=plan.who(line.changed_by), made_at=line.made_at,
        changed_at=line.changed_at, stamp=1, size=last.size if last else 0, media=line.media,
        sha256=last.sha256 if last else None, version=versions[-1].no if versions else None,
        collection=line.collection, ref=line.ref, url=web_address(line.url) if line.url else None,
        attributes=_attributes(line),
    )  # fmt: skip
    plan.put(row, *versions)
    there.add(row)
    return row


def _contents(plan: Plan, line: lines.Item) -> list[tuple[lines.Content, str]]:
    """Return the contents of a file with the keys under which their bytes are here."""
    found: list[tuple[lines.Content, str]] = []
    if not plan.arriving.options.contents or line.kind is not ItemKind.FILE:
        return found
    for one in sorted(line.contents, key=lambda one: one.ordinal):
        key = plan.arriving.blobs.get((line.uid, one.ordinal), "")
        if not key or key.startswith("bytes_"):
            raise Refused(key or "bytes_missing")
        found.append((one, key))
    return found


def _size_of(plan: Plan, line: lines.Item) -> int:
    return sum(one.size for one, _ in _contents(plan, line))


# --- bytes


async def receive(arriving: Arriving, batch: Sequence[Numbered]) -> None:
    """See that the bytes of files are here, or bring them: before their rows are written, as everywhere."""
    if not arriving.options.contents:
        return
    new = [one.line for one in batch if one.line.contents and one.line.kind is ItemKind.FILE]
    there = {row.uid for row in await among(arriving.core.store, Item, "uid", [line.uid for line in new])}
    for line in new:
        if line.uid not in there:
            for one in line.contents:
                arriving.blobs[line.uid, one.ordinal] = await _bytes(arriving, one)


async def _bytes(arriving: Arriving, one: lines.Content) -> str:
    """Return the key of the bytes of a content, or the reason why there are none: proved by their digest."""
    blobs = arriving.core.blobs
    try:
        if await blobs.size(one.key) is not None:
            return one.key if await _is(blobs.read(machine(), one.key), one) else "bytes_damaged"
        path = place_of(arriving.options.folder, one.key) if arriving.options.folder is not None else None
    except Problem:
        return "bytes_missing"
    if path is None or not path.is_file():
        return "bytes_missing"
    if not arriving.options.receive:
        return one.key if await _is(_read(path), one) else "bytes_damaged"
    blob = await blobs.receive(_read(path), limit=arriving.core.limits.upload)
    if (blob.sha256, blob.size) == (one.sha256, one.size):
        return blob.key
    with contextlib.suppress(Problem):
        await blobs.delete((blob.key,))
    return "bytes_damaged"


async def _is(chunks: AsyncIterator[bytes], one: lines.Content) -> bool:
    digest, size = hashlib.sha256(usedforsecurity=False), 0
    async for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return (digest.hexdigest(), size) == (one.sha256, one.size)


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
