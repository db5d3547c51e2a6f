"""Planning what lines about principals come to: whoever is there already, by uid or by name, stays as he is."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from commonhold.core.changes import Nest
from commonhold.core.directory.addresses import address_of
from commonhold.core.directory.attributes import encoded
from commonhold.core.directory.names import part_of_name, title, user_name
from commonhold.core.keys import address_key, person_key
from commonhold.core.model import (
    EVERYONE,
    Allowance,
    Block,
    GroupTerms,
    Level,
    Member,
    Nested,
    Principal,
    Profile,
    State,
)
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Kind
from commonhold.moving.exchange import lines
from commonhold.moving.exchange.arriving import Arriving, Numbered, Plan, Refused, Who, real
from commonhold.moving.exchange.export import SEPARATOR
from commonhold.moving.exchange.reading import among

KINDS: Final[dict[type[Any], Kind]] = {
    lines.Org: Kind.ORG,
    lines.Person: Kind.USER,
    lines.Mail: Kind.MAIL,
    lines.Group: Kind.GROUP,
}
JOINING: Final = ("invited", "asked", "free")


class _There(msgspec.Struct):
    """Who is there: by uid, by name, by address; and the addresses that somebody has verified."""

    uids: dict[str, Principal]
    names: dict[str, int]
    addresses: dict[str, int]
    claimed: set[str]


async def principals(arriving: Arriving, batch: Sequence[Numbered]) -> Plan:
    """Plan organisations, people, addresses and groups; all of one type."""
    plan, kind = Plan(arriving), KINDS[type(batch[0].line)]
    there = await _there(arriving, batch, kind)
    for one in batch:
        try:
            profile = _profile(one.line, kind)
            found = _found(one.line, profile, kind, there)
            if found is None:
                _add(plan, one.line, kind, profile, there)
                plan.made(one)
            else:
                plan.new.people[one.line.uid] = Who(found, kind)
                plan.there(one)
        except Refused as refused:
            plan.left_out(one, str(refused))
        except Problem as problem:
            plan.left_out(one, problem.code)
    return plan


async def _there(arriving: Arriving, batch: Sequence[Numbered], kind: Kind) -> _There:
    store, named = arriving.core.store, []
    for one in batch:
        try:
            named.append(_profile(one.line, kind))
        except (Refused, Problem):
            continue
    uids = await among(store, Principal, "uid", [one.line.uid for one in batch])
    names = await among(store, Profile, "name_key", [one.name_key for one in named])
    mails = [one.email_key for one in named if one.email_key]
    addresses = await among(store, Profile, "email_key", mails)
    letters = {row.no: row.name_key for row in await among(store, Profile, "name_key", mails) if row.kind is Kind.MAIL}
    edges = await among(store, Member, "grp", letters)
    return _There(
        {row.uid: row for row in uids},
        {row.name_key: row.no for row in names if row.kind is kind},
        {str(row.email_key): row.no for row in addresses},
        {letters[edge.grp] for edge in edges},
    )


def _found(line: Any, profile: Profile, kind: Kind, there: _There) -> int | None:
    row = there.uids.get(line.uid)
    if row is not None:
        if row.kind is not kind:
            raise Refused("uid_taken")
        return row.no
    if profile.name_key in there.names:
        return there.names[profile.name_key]
    if profile.email_key is not None and profile.email_key in there.addresses:
        raise Refused("address_taken")
    return None


def _profile(line: Any, kind: Kind) -> Profile:
    """Return the names of a principal, without a number.

    :raises Problem: it may not be called so
    """
    if kind is Kind.MAIL:
        name = address_key(address_of(line.address))
        return Profile(0, kind, name, name)
    attributes = encoded(line.attributes)
    if kind is Kind.USER:
        email = address_of(line.email) if line.email is not None else None
        first, last = part_of_name(line.first_name, "first_name"), part_of_name(line.last_name, "last_name")
        key = address_key(email) if email else None
        name = user_name(line.name)
        return Profile(0, kind, name, person_key(name), email, key, line.verified, first, last, attributes)
    name = title(line.name)
    alike = kind is Kind.GROUP and line.alike
    return Profile(0, kind, name, f"{person_key(name)}{f'{SEPARATOR}{line.uid}' * alike}", attributes=attributes)


def _add(plan: Plan, line: Any, kind: Kind, profile: Profile, there: _There) -> None:
    if line.state is State.DELETED:
        raise Refused("deleted")
    no = plan.arriving.number()
    row = Principal(no, line.uid, kind, line.state, made_at=line.made_at, external=kind is Kind.MAIL)
    more: list[Any] = []
    if kind is Kind.GROUP:
        row = msgspec.structs.replace(row, org=plan.who(line.org), owner=plan.who(line.owner))
        more = [_terms(no, line.acceptance)] if line.acceptance is not None else []
    elif kind is Kind.USER:
        row = msgspec.structs.replace(
            row, org=plan.who(line.org), org_role=line.org_role, admin=line.admin, external=line.external
        )
        if profile.email_key in there.claimed:
            profile = msgspec.structs.replace(profile, verified=False)
    if kind in (Kind.USER, Kind.ORG) and line.allowance is not None:
        more.append(_allowance(no, line.allowance))
    plan.put(row, msgspec.structs.replace(profile, no=no), *more)
    plan.new.people[line.uid] = Who(no, kind)
    there.uids[line.uid] = row
    there.names[profile.name_key] = no
    if profile.email_key is not None:
        there.addresses[profile.email_key] = no


def _terms(no: int, taken: lines.Acceptance) -> GroupTerms:
    if taken.joining not in JOINING:
        raise Refused("invalid_field")
    return GroupTerms(no, **{**msgspec.structs.asdict(taken), "visible": _kinds((taken.visible,))})


def _allowance(no: int, allowed: lines.Allowed) -> Allowance:
    kinds = ANY_KIND if allowed.kinds is None else _kinds(allowed.kinds)
    domains = None if allowed.domains is None else msgspec.json.encode(allowed.domains).decode()
    return Allowance(no, allowed.make, kinds, allowed.longest, allowed.link_password, domains, allowed.quota)


def _kinds(names: tuple[str, ...]) -> Kind:
    try:
        return lines.kinds_of(names)
    except lines.Unreadable:
        raise Refused("invalid_field") from None


async def members(arriving: Arriving, batch: Sequence[Numbered]) -> Plan:
    """Plan who is in what; of a mail address one person at most."""
    plan, store = Plan(arriving), arriving.core.store
    edges: list[tuple[Numbered, int, int]] = []
    for one in batch:
        try:
            edges.append((one, _a(plan, one.line.person, Kind.USER), _a(plan, one.line.of, _WHERE)))
        except Refused as refused:
            plan.left_out(one, str(refused))
    inside = real([grp for _, _, grp in edges])
    there = {(row.member, row.grp) for row in await among(store, Member, "member", real([no for _, no, _ in edges]))}
    mails = {who.no for who in (*arriving.known.people.values(),) if who.kind is Kind.MAIL}.intersection(inside)
    claimed = {row.grp for row in await among(store, Member, "grp", mails)}
    for one, member, grp in edges:
        if (member, grp) in there:
            plan.there(one)
        elif grp in claimed:
            plan.left_out(one, "address_taken")
        else:
            there.add((member, grp))
            claimed |= {grp} & mails
            plan.put(Member(member, grp, one.line.level if grp not in mails else Level.MEMBER, one.line.since))
            plan.made(one)
    return plan


_WHERE: Final = Kind.GROUP | Kind.ORG | Kind.MAIL


def _a(plan: Plan, uid: str, kinds: Kind) -> int:
    """Return the number of a principal of one of some kinds."""
    found = plan.person(uid)
    if found is None or not found.kind & kinds:
        raise Refused("wrong_kind")
    return found.no


async def nested(arriving: Arriving, batch: Sequence[Numbered]) -> Plan:
    """Plan which groups and addresses are in which groups."""
    plan = Plan(arriving)
    edges: list[tuple[Numbered, int, int]] = []
    for one in batch:
        try:
            edges.append((one, _a(plan, one.line.child, Kind.GROUP | Kind.MAIL), _a(plan, one.line.of, Kind.GROUP)))
        except Refused as refused:
            plan.left_out(one, str(refused))
    known = await among(arriving.core.store, Nested, "child", real([no for _, no, _ in edges]))
    there = {(row.child, row.grp) for row in known}
    for one, child, grp in edges:
        if (child, grp) in there or child == grp:
            plan.there(one)
            continue
        there.add((child, grp))
        plan.changes.append(Nest(child, grp, one.line.since))
        plan.made(one)
    return plan


async def blocks(arriving: Arriving, batch: Sequence[Numbered]) -> Plan:
    """Plan who takes nothing from whom."""
    plan = Plan(arriving)
    edges: list[tuple[Numbered, int, int]] = []
    for one in batch:
        try:
            everybody = one.line.blocked == lines.EVERYBODY
            blocked = EVERYONE if everybody else _a(plan, one.line.blocked, ANY_KIND)
            edges.append((one, _a(plan, one.line.person, Kind.USER), blocked))
        except Refused as refused:
            plan.left_out(one, str(refused))
    known = await among(arriving.core.store, Block, "user", real([no for _, no, _ in edges]))
    there = {(row.user, row.blocked) for row in known}
    for one, user, blocked in edges:
        if (user, blocked) in there:
            plan.there(one)
            continue
        there.add((user, blocked))
        plan.put(Block(user, blocked, one.line.since))
        plan.made(one)
    return plan
