"""Planning what lines about shares come to. What reads rights derives them anew, so a share never gives more than that.

Nobody is told of shares that come in, and none of them has the secret that it had: a link gets a new one, which the key
of this installation makes of its id, so that the same file names the same link again.
"""

import hashlib
import uuid
from collections.abc import Sequence

from commonhold.core.model import EVERYONE, LINK, OWNER, Note, Share, Use
from commonhold.core.ports import Secrets, Where
from commonhold.core.roles import Kind
from commonhold.core.sharing.links import key_of
from commonhold.moving.exchange import lines
from commonhold.moving.exchange.arriving import Arriving, Numbered, Plan, Refused, real
from commonhold.moving.exchange.export import id_of
from commonhold.moving.exchange.reading import among

_PLAIN = {Kind.LINK: LINK, Kind.EVERYONE: EVERYONE}


def uid_here(secrets: Secrets, kind: Kind, word: str) -> str:
    """Return the uid of a share that comes in: of a link a new one, which nobody can compute who has the file."""
    if kind is not Kind.LINK:
        return word
    digest = hashlib.sha256(secrets.link(f"import {word}").encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


async def hash_passwords(arriving: Arriving, batch: Sequence[Numbered]) -> None:
    """Hash the new passwords of shares: it takes its time, so it is done before anything is looked at."""
    for one in batch:
        password = arriving.options.passwords.get(one.line.id) if one.line.password else None
        if password:
            arriving.hashes[one.line.id] = await arriving.core.hasher.hash(password)


class _There:
    """The shares that are there, by uid, by what the file calls them, and by who shared what with whom."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.triples: dict[tuple[int, int, int], int] = {}

    def add(self, word: str, row: Share) -> None:
        """Remember a share."""
        self.words[word] = row.no
        if row.kind is not Kind.LINK:
            self.triples[row.stands_on, row.item, row.recipient] = row.no


async def shares(arriving: Arriving, batch: Sequence[Numbered]) -> Plan:
    """Plan shares."""
    plan, there = Plan(arriving), await _shares_there(arriving, batch)
    for one in batch:
        try:
            row = _row(plan, one.line)
            found = there.words.get(one.line.id) or there.words.get(row.uid)
            if found is None and row.kind is not Kind.LINK:
                found = there.triples.get((row.stands_on, row.item, row.recipient))
            if found is not None:
                plan.there(one)
                plan.new.shares[one.line.id] = found
            else:
                _add(plan, one.line, row)
                there.add(one.line.id, row)
                plan.new.shares[one.line.id] = row.no
                plan.made(one)
        except Refused as refused:
            plan.left_out(one, str(refused))
    return plan


async def _shares_there(arriving: Arriving, batch: Sequence[Numbered]) -> _There:
    core, there = arriving.core, _There()
    words = [one.line.id for one in batch]
    derived = {uid_here(core.secrets, Kind.LINK, word): word for word in words}
    for row in await among(core.store, Share, "uid", [*words, *derived]):
        there.add(derived.get(row.uid, row.uid), row)
    places = [arriving.known.items[one.line.item] for one in batch if one.line.item in arriving.known.items]
    people = [arriving.known.people.get(one.line.recipient or "") for one in batch]
    takers = {EVERYONE, LINK, *(who.no for who in people if who is not None and who.no > 0)}
    on = real([place.no for place in places])
    for row in await among(core.store, Share, "item", on, Where("recipient", "in", tuple(takers))):
        there.add(id_of(core.secrets, row), row)
    return there


def _row(plan: Plan, line: lines.Share) -> Share:
    """Return the row of a share.

    :raises Refused: something that it names is not here; it needs a password
    """
    try:
        kind, mask = lines.kind_of(line.kind), lines.kinds_of(line.may_pass_on_to)
    except lines.Unreadable:
        raise Refused("invalid_field") from None
    item, core = plan.item(line.item), plan.arriving.core
    no, now = plan.arriving.number(), core.clock()
    password = plan.arriving.hashes.get(line.id) if line.password else None
    return Share(
        no, no, uid_here(core.secrets, kind, line.id), item.no, _recipient(plan, line, kind), kind, line.role,
        _backer(plan, line), plan.who(line.made_by) or 0, line.face, _above(plan, line), _rules_of(plan, line),
        line.reach, mask, line.starts, line.until, line.max_uses, password, now if password else 0, 1, line.days,
        line.item_control, line.made_at, line.changed_at,
    )  # fmt: skip


def _recipient(plan: Plan, line: lines.Share, kind: Kind) -> int:
    if kind in _PLAIN:
        return _PLAIN[kind]
    found = plan.person(line.recipient, refuse="unknown_recipient")
    if found is None or found.kind is not kind:
        raise Refused("unknown_recipient")
    return found.no


def _backer(plan: Plan, line: lines.Share) -> int:
    if line.stands_on == lines.OWNER_OF_SPACE:
        return OWNER
    found = plan.person(line.stands_on)
    if found is None or found.kind is not Kind.USER:
        raise Refused("unknown_person")
    return found.no


def _above(plan: Plan, line: lines.Share) -> int | None:
    if line.hangs_on is None:
        return None
    found = plan.new.shares.get(line.hangs_on) or plan.arriving.known.shares.get(line.hangs_on)
    if found is None:
        raise Refused("unknown_share")
    return found


def _rules_of(plan: Plan, line: lines.Share) -> int | None:
    found = plan.person(line.acts_as)
    return None if found is None else found.no


def _add(plan: Plan, line: lines.Share, row: Share) -> None:
    if line.password and line.id not in plan.arriving.hashes:
        raise Refused("password_needed")
    plan.put(row)
    if line.note:
        plan.put(Note(row.no, line.note))
    if line.used:
        plan.put(Use(row.no, line.used, line.last_used_at))
    if row.kind is Kind.LINK:
        plan.put(key_of(plan.arriving.core, row))
