"""Making, changing and ending shares, as REST and GraphQL both ask for it: a batch is one transaction."""

from collections.abc import Mapping, Sequence

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import NEVER, Compare, Op, Pick, Query
from commonhold.core.records.authority import authority, records_of
from commonhold.core.records.rules import Access, fields_of, narrowed, rows_of, shown_on
from commonhold.core.records.shelf import Shelf
from commonhold.core.roles import Action
from commonhold.core.sharing.managing import amend_all, withdraw
from commonhold.core.sharing.proposal import Refusal, Report
from commonhold.core.sharing.propose import propose_all
from commonhold.faces.directus.problems import (
    ApiError,
    forbidden,
    no_collection,
    no_field,
    not_permitted,
    not_unique,
    of_problem,
)
from commonhold.faces.directus.registry import SHARES, shares
from commonhold.faces.directus.shares_data import (
    OWN,
    THINGS,
    Data,
    amendment_of,
    collection_of,
    meanings,
    proposals_of,
    uid_of,
)
from commonhold.faces.directus.system import CATALOG, Ground, ground
from commonhold.http.face import Call


async def create(call: Call, several: Sequence[Data]) -> list[str]:
    """Make links, all or none, and return their ids.

    :raises ApiError: what is refused
    """
    refs = []
    for data in several:
        collection = collection_of(data)
        refs.append((collection, data))
    if not several:
        return []
    may = await ground(call, whose=False)
    if may.may.whole:
        await _refuse_unknown(call, [collection for collection, _ in refs])
    else:
        await _refuse_unpermitted(call, may, [collection for collection, _ in refs], several)
    proposals = await proposals_of(call, refs)
    reports = await propose_all(call.core, call.actor, proposals)
    for (collection, data), report in zip(refs, reports, strict=True):
        _refuse(report, collection, data)
    return [report.pairs[0].share or "" for report in reports]


async def _refuse_unknown(call: Call, collections: Sequence[str]) -> None:
    catalog = await records_of(call.core).catalog()
    for collection in collections:
        if collection not in catalog and collection not in THINGS and not collection.startswith("directus_"):
            raise no_collection(collection)


async def _refuse_unpermitted(call: Call, may: Ground, collections: Sequence[str], several: Sequence[Data]) -> None:
    """Refuse who may share no row of a collection, or may make no shares, or not with these fields."""
    sharing = None
    for collection in dict.fromkeys(collections):
        if collection in THINGS and call.actor.user is not None:
            continue
        if sharing is None:
            sharing = (await authority(call.core, call.actor, Action.SHARE)).access
        if collection not in THINGS and rows_of(sharing.on(collection)) != NEVER:
            continue
        raise no_collection(collection)
    creating = may.may.access(Action.CREATE)
    if rows_of(creating.on(SHARES)) == NEVER:
        raise no_collection(SHARES)
    for data in several:
        _refuse_fields(creating, data, drop=frozenset({"user_created", "date_created"}))


def _refuse_fields(access: Access, data: Data, drop: frozenset[str] = frozenset()) -> None:
    names = fields_of(access.on(SHARES))
    known = {field.name for field in CATALOG.collection(SHARES).fields}
    for name in data:
        if name in known and name not in drop and names is not None and name not in names:
            raise no_field(name, SHARES)


def _refuse(report: Report, collection: str, data: Data) -> None:
    refused = report.refused()
    if refused is not None:  # where another one of the batch was, that one is worded
        raise _worded(refused, collection, data)


def _worded(refused: Refusal, collection: str, data: Data) -> ApiError:
    if refused.code == "not_unique":
        return not_unique(SHARES, "id", data.get("id"))
    if refused.code in ("unknown_item", "forbidden", "reshare_not_allowed", "kind_not_allowed"):
        return not_permitted("share", collection)
    return of_problem(refused.problem())


async def update(call: Call, several: Sequence[tuple[str, Data]]) -> list[str]:
    """Change links, all or none, and return the ids of those that are there.

    For administrators unknown ids are left out; for others they are refused.

    :raises ApiError: what is refused
    """
    several = [(uid_of(uid), data) for uid, data in several]
    if not several:
        return []
    may = await ground(call, whose=False)
    updating = may.may.access(Action.WRITE)
    if rows_of(updating.on(SHARES)) == NEVER:
        raise no_collection(SHARES)
    rows = {row["id"]: row for row in await shares(call, [uid for uid, _ in several])} if call.actor.user else {}
    if not may.may.whole:
        for _, data in several:
            _refuse_fields(updating, data)
        await _refuse_hidden(may, updating, several, rows)
    known = [(uid, data) for uid, data in several if uid in rows]
    roles = await meanings(call, [data for _, data in known])
    amendments = [amendment_of(uid, data, rows[uid], roles) for uid, data in known]
    if amendments:
        try:
            await amend_all(call.core, call.actor, amendments)
        except Problem as problem:
            raise _unchanged(problem, known[0][1], rows[known[0][0]]) from None
    return [uid for uid, _ in known]


def _unchanged(problem: Problem, data: Data, row: Data) -> ApiError:
    if problem.code in ("unknown_item", "kind_not_allowed", "reshare_not_allowed") or (
        problem.code == "forbidden" and ("item" in data or "collection" in data)
    ):
        return not_permitted("share", str(data.get("collection", row["collection"])))
    return of_problem(problem)


async def _refuse_hidden(
    may: Ground, updating: Access, several: Sequence[tuple[str, Data]], rows: Mapping[str, Data]
) -> None:
    """Refuse a change of a link that permissions do not let the caller change, or of these fields."""
    for uid, data in several:
        names = [name for name in data if name not in OWN and _known(name)]
        grants = updating.on(SHARES)
        if uid not in rows or not await holds(may, rows[uid], updating):
            listed = ", ".join(f'"{name}"' for name in names) or '"id"'
            raise forbidden(
                f'You don\'t have permissions to perform "update" for the field(s) {listed} in collection '
                f'"{SHARES}" or it does not exist.'
            )
        for name in names:
            one = Access({SHARES: narrowed(grants, shown_on(grants, name))})
            if not await holds(may, rows[uid], one):
                raise no_field(name, SHARES)


def _known(name: str) -> bool:
    return any(field.name == name for field in CATALOG.collection(SHARES).fields)


async def holds(may: Ground, row: Data, access: Access) -> bool:
    """Tell whether an access lets somebody at a link."""
    if rows_of(access.on(SHARES)) == NEVER:
        return False
    shelf = Shelf(CATALOG, {SHARES: [dict(row)]}, may.may.facts, _all_fields(access))
    where = Compare("id", Op.EQ, row["id"])
    return bool(await shelf.rows(SHARES, Query((Pick("id", "id"),), where)))


def _all_fields(access: Access) -> Access:
    """Return an access that asks for rows alone: filters may name fields that are not to be read."""
    grants = (msgspec.structs.replace(grant, fields=None) for grant in access.on(SHARES))
    return Access({SHARES: tuple(grants)})


async def delete(call: Call, uids: Sequence[str]) -> None:
    """End links, all or none; for administrators unknown ids are ended already, for others they are refused.

    :raises ApiError: what is refused
    """
    uids = [uid_of(uid) for uid in uids]
    may = await ground(call, whose=False)
    deleting = may.may.access(Action.DELETE)
    if rows_of(deleting.on(SHARES)) == NEVER:
        raise no_collection(SHARES)
    if not uids:
        return
    rows = {row["id"]: row for row in await shares(call, uids)}
    for uid in uids:
        allowed = may.may.whole or (uid in rows and await holds(may, rows[uid], deleting))
        if not allowed:
            raise not_permitted("delete", SHARES)
    known = [uid for uid in dict.fromkeys(uids) if uid in rows]
    if known:
        refused = (await withdraw(call.core, call.actor, known)).refused()
        if refused is not None and refused.code != "unknown_share":
            raise not_permitted("delete", SHARES)
