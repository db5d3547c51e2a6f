"""Presets: allowances with a name, which administrators of an organisation make and give to its people.

Whoever is given one may do what it says and no more: it is written as his own allowance, so that every decision reads
it as any other one, and written anew for all who have it when it changes.
"""

from typing import Any, Final

import msgspec

from commonhold.core.changes import Change, Drop, Set, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.names import title as title_of
from commonhold.core.directory.reading import by_no
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import Allowance, Principal, Setting
from commonhold.core.policy.require import machine
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, OrgRole

MOST: Final = 100  # presets of an organisation
_NOTE: Final = 1_000  # characters


class Preset(msgspec.Struct, frozen=True):
    """A preset: what whoever has it may do (``make``, ``kinds``), and what he is in the organisation."""

    uid: str
    title: str
    note: str = ""
    make: bool = True
    kinds: Kind = Kind(63)
    rank: OrgRole = OrgRole.USER
    members: frozenset[int] = frozenset()
    made_at: int = 0

    def allowance(self, user: int) -> Allowance:
        """Return what it lets a user do."""
        return Allowance(user, make=self.make, kinds=self.kinds)


class PresetChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a preset; None stays."""

    title: str | None = None
    note: str | None = None
    make: bool | None = None
    kinds: Kind | None = None
    rank: OrgRole | None = None


async def presets_of(core: Core, org: int | None) -> tuple[Preset, ...]:
    """Return the presets of an organisation, by title, for decisions and views of ours."""
    if org is None:
        return ()
    rows: list[Setting] = await core.store.rows(
        machine(), Rows(Setting, (Where("name", "prefix", _name(org, "")),), limit=LONGEST_PAGE)
    )
    found = (msgspec.json.decode(row.value, type=Preset) for row in rows)
    return tuple(sorted(found, key=lambda one: (one.title, one.uid)))


def _name(org: int, uid: str) -> str:
    return f"preset:{org}:{uid}"


def _kept(org: int, preset: Preset) -> Upsert:
    return Upsert(Setting(_name(org, preset.uid), msgspec.json.encode(preset).decode()))


async def preset_of(core: Core, org: int | None, user: int) -> Preset | None:
    """Return the preset that a user of an organisation has, for views of ours."""
    return next((one for one in await presets_of(core, org) if user in one.members), None)


async def list_presets(core: Core, actor: Actor) -> tuple[Preset, ...]:
    """Return the presets of the actor's organisation.

    :raises Problem: unauthenticated
    """
    standing = await stand(core, actor)
    return await presets_of(core, standing.seen.principals[actor.user or 0].org)


async def _administered(core: Core, actor: Actor, *refs: RecipientRef) -> tuple[Standing, int]:
    """Return the standing of an administrator, and his organisation.

    :raises Problem: forbidden
    """
    standing = await stand(core, actor, *refs, scope=Action.MANAGE)
    org = standing.seen.principals[actor.user or 0].org
    if org is None or not (standing.admin or standing.org == org):
        raise Problem("forbidden")
    return standing, org


def _found(presets: tuple[Preset, ...], uid: str) -> Preset:
    for one in presets:
        if one.uid == uid:
            return one
    raise Problem("not_found")


async def add_preset(core: Core, actor: Actor, title: str, note: str = "") -> Preset:
    """Make a preset that lets whoever has it do everything that a user may, until it is changed.

    :raises Problem: forbidden, name_taken, name_empty, name_too_long, too_large
    """
    title = title_of(title)

    async def once() -> Preset:
        standing, org = await _administered(core, actor)
        presets = await presets_of(core, org)
        _refuse_taken(presets, title)
        if len(presets) >= MOST or len(note) > _NOTE:
            raise Problem("too_large", field="presets", limit=MOST)
        draft = Draft(core, actor)
        made = Preset(draft.uid(), title, note, made_at=draft.now)
        draft.add(_kept(org, made))
        draft.note("preset.added", org)
        await draft.commit(standing.unchanged)
        return made

    return await attempt(once)


async def _still(core: Core, org: int, preset: Preset) -> frozenset[int]:
    """Return those who have a preset and are in the organisation still."""
    some = tuple(sorted(preset.members))
    found: set[int] = set()
    for at in range(0, len(some), LONGEST_PAGE):
        rows = await by_no(core, machine(), Principal, some[at : at + LONGEST_PAGE])
        found.update(no for no, row in rows.items() if row.org == org)
    return frozenset(found)


def _refuse_taken(presets: tuple[Preset, ...], title: str, uid: str | None = None) -> None:
    if any(one.title.lower() == title.lower() and one.uid != uid for one in presets):
        raise Problem("name_taken", field="title")


async def change_preset(core: Core, actor: Actor, uid: str, change: PresetChange) -> Preset:
    """Change a preset, and with it what everybody may do who has it.

    :raises Problem: forbidden, not_found, name_taken, name_empty, name_too_long, too_large
    """
    values: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(change).items() if value is not None
    }
    if "title" in values:
        values["title"] = title_of(values["title"])
    if len(values.get("note", "")) > _NOTE:
        raise Problem("too_large", field="note", limit=_NOTE)

    async def once() -> Preset:
        standing, org = await _administered(core, actor)
        presets = await presets_of(core, org)
        changed = msgspec.structs.replace(_found(presets, uid), **values)
        _refuse_taken(presets, changed.title, uid)
        draft = Draft(core, actor)
        changed = msgspec.structs.replace(changed, members=await _still(core, org, changed))
        draft.add(_kept(org, changed))
        for user in sorted(changed.members):
            draft.add(Upsert(changed.allowance(user)), Set(Principal, (user,), {"org_role": changed.rank}))
        draft.note("preset.changed", org)
        await draft.commit(standing.unchanged)
        return changed

    return await attempt(once)


async def drop_preset(core: Core, actor: Actor, uid: str) -> None:
    """Remove a preset that nobody has.

    :raises Problem: forbidden, not_found, protected while somebody has it
    """

    async def once() -> None:
        standing, org = await _administered(core, actor)
        if await _still(core, org, _found(await presets_of(core, org), uid)):
            raise Problem("protected")
        draft = Draft(core, actor)
        draft.add(Drop(Setting, (_name(org, uid),)))
        draft.note("preset.dropped", org)
        await draft.commit(standing.unchanged)

    await attempt(once)


async def assign(core: Core, actor: Actor, ref: RecipientRef, to: str | OrgRole) -> None:
    """Give a user of one's organisation a preset (its uid), or take it away by one of the built-in roles.

    :raises Problem: unknown_user, forbidden, not_found
    """
    ref = a(Kind.USER, ref)

    async def once() -> None:
        standing, org = await _administered(core, actor, ref)
        person = standing.one(ref, Kind.USER)
        standing.need_over(person)
        if person.org != org:
            raise Problem("forbidden")
        presets = await presets_of(core, org)
        given = None if isinstance(to, OrgRole) else _found(presets, to)
        rank = to if isinstance(to, OrgRole) else _found(presets, to).rank
        draft = Draft(core, actor)
        draft.add(*_moved(org, presets, given, person.no))
        draft.add(Set(Principal, (person.no,), {"org_role": rank}))
        draft.note("user.changed", person.no)
        await draft.commit(standing.unchanged)

    await attempt(once)


def _moved(org: int, presets: tuple[Preset, ...], given: Preset | None, user: int) -> list[Change]:
    """Return the changes that give a user one preset and take away the one he had."""
    found: list[Change] = []
    for one in presets:
        has, gets = user in one.members, given is not None and one.uid == given.uid
        if has is not gets:
            members = one.members | {user} if gets else one.members - {user}
            found.append(_kept(org, msgspec.structs.replace(one, members=members)))
            if not gets and given is None:
                found.append(Drop(Allowance, (user,)))
    if given is not None:
        found.append(Upsert(given.allowance(user)))
    return found
