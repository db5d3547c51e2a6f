"""Shares as clients write them, read into what the core takes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from commonhold.core.directory.roll import with_uids
from commonhold.core.identity import ItemRef, RecordRef
from commonhold.core.model import EVERYONE, LINK, Reach
from commonhold.core.problems import Problem
from commonhold.core.records.kinds import Kind, cast
from commonhold.core.roles import Kind as Who
from commonhold.core.roles import Role
from commonhold.core.sharing.managing import Amendment
from commonhold.core.sharing.proposal import Asked, OnExisting, Proposal
from commonhold.core.terms import Terms
from commonhold.faces.directus.problems import (
    failed_validation,
    forbidden,
    invalid_foreign_key,
    invalid_payload,
    no_collection,
    value_out_of_range,
    value_too_long,
)
from commonhold.faces.directus.registry import ADMINISTRATORS, COLLECTION_OF, ROLE_OF, SHARES, STARS
from commonhold.http.face import Call

Json = Any
Data = Mapping[str, Json]

UUIDS: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LONGEST_NAME: Final = 255
OWN: Final = frozenset({"id", "user_created", "date_created"})
"""Fields that the server sets; in a change they are left as they are."""
THINGS: Final = frozenset(name for name in COLLECTION_OF.values() if name)
_UNSET: Final = msgspec.UNSET


class Meaning(msgspec.Struct, frozen=True):
    """What a role means for a share: whose rules bound it, and which of our roles it has."""

    acts_as: int | None = EVERYONE
    role: Role | None = None


# --- reading what is sent


def uid_of(value: Json) -> str:
    """Return the id of a share, in lower case.

    :raises ApiError: FORBIDDEN for what is none
    """
    if isinstance(value, str) and UUIDS.fullmatch(value):
        return value.lower()
    raise forbidden()


def collection_of(data: Data) -> str:
    """Return the collection that a share names.

    :raises ApiError: FORBIDDEN, as for one that does not exist
    """
    value = data.get("collection")
    if isinstance(value, str) and value:
        return value
    raise no_collection("undefined" if value is None else "[object Object]" if isinstance(value, dict) else str(value))


def item_of(data: Data) -> str:
    """Return the key of the row that a share names; numbers are texts.

    :raises ApiError: FAILED_VALIDATION, VALUE_TOO_LONG, INVALID_PAYLOAD
    """
    if "item" not in data:
        raise failed_validation("item")
    value = data["item"]
    if value is None:
        raise failed_validation("item", "nnull")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid_payload('"item" must be a string')
    if len(str(value)) > LONGEST_NAME:
        raise value_too_long(SHARES, "item", value)
    return str(value)


def item_ref(collection: str, item: str) -> ItemRef:
    """Return the item that a share names: a row of a collection, or a thing by its uid.

    :raises ApiError: INVALID_FOREIGN_KEY for a collection of the system
    """
    if collection.startswith("directus_"):
        raise invalid_foreign_key(SHARES, "collection", collection)
    return item if collection in THINGS else RecordRef(collection, item)


def _whole(data: Data, name: str) -> int | msgspec.UnsetType | None:
    if name not in data:
        return _UNSET
    try:
        found = cast(Kind.INTEGER, data[name])
    except Problem as problem:
        if problem.code == "value_out_of_range":
            raise value_out_of_range(SHARES, name, data[name]) from None
        raise invalid_payload(f'"{name}" must be a number') from None
    return found if found is None or isinstance(found, int) else None


def _moment(data: Data, name: str) -> int | msgspec.UnsetType | None:
    if name not in data:
        return _UNSET
    value = data[name]
    try:
        found = cast(Kind.TIMESTAMP, value or None)
    except Problem as problem:
        if problem.code == "value_out_of_range":
            raise value_out_of_range(SHARES, name, value) from None
        raise invalid_payload(f'"{name}" must be a valid date') from None
    return found if isinstance(found, int) else None


def _text(data: Data, name: str) -> str | msgspec.UnsetType | None:
    if name not in data:
        return _UNSET
    value = data[name]
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid_payload(f'"{name}" must be a string')
    if len(str(value)) > LONGEST_NAME:
        raise value_too_long(SHARES, name, value)
    return str(value)


def terms_of(data: Data, *, known: bool) -> Terms:
    """Read the terms of a share; ``known``: of one that is there, whose concealed password may come back.

    :raises ApiError: INVALID_PAYLOAD, VALUE_TOO_LONG, VALUE_OUT_OF_RANGE
    """
    password = _text(data, "password")
    return Terms(
        starts=_moment(data, "date_start"),
        until=_moment(data, "date_end"),
        max_uses=_whole(data, "max_uses"),
        password=_UNSET if known and password == STARS else password,
        note=_text(data, "name"),
    )


async def meanings(call: Call, several: Iterable[Data]) -> dict[str, Meaning]:
    """Return what the roles that shares name mean.

    :raises ApiError: INVALID_FOREIGN_KEY
    """
    found: dict[str, Meaning] = {}
    unknown: dict[str, None] = {}
    for data in several:
        uid = role_uid(data.get("role"))
        if uid is None:
            continue
        if uid == ADMINISTRATORS:
            found[uid] = Meaning(None)
        elif uid in ROLE_OF:
            found[uid] = Meaning(None, ROLE_OF[uid])
        else:
            unknown[uid] = None
    if unknown:
        rows = await with_uids(call.core, call.actor, list(unknown))
        found |= {uid: Meaning(row.no) for uid, row in rows.items() if row.kind is Who.GROUP}
        for uid in unknown:
            if uid not in found:
                raise invalid_foreign_key(SHARES, "role", uid)
    return found


def role_uid(value: Json) -> str | None:
    """Return the id of the role that is named, by itself or as an object with its id.

    :raises ApiError: INVALID_FOREIGN_KEY
    """
    if isinstance(value, dict):
        value = value.get("id")
    if value is None:
        return None
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise invalid_foreign_key(SHARES, "role", value if isinstance(value, str) else None) from None


async def proposals_of(call: Call, refs: Sequence[tuple[str, Data]]) -> list[Proposal]:
    """Read links to be made, each with its collection.

    :raises ApiError: what is refused
    """
    roles = await meanings(call, [data for _, data in refs])
    found: list[Proposal] = []
    for collection, data in refs:
        item = item_ref(collection, item_of(data))
        role = roles.get(role_uid(data.get("role")) or "", Meaning())
        used = _whole(data, "times_used")
        found.append(
            Proposal(
                items=(Asked(item),),
                recipients=(LINK,),
                role=role.role,
                terms=terms_of(data, known=False),
                on_existing=OnExisting.ADD,
                atomic=True,
                clamp=True,
                notify=False,
                acts_as=role.acts_as,
                reach=Reach.RELATIONS if isinstance(item, RecordRef) else Reach.NONE,
                uid=uid_of(data["id"]) if data.get("id") is not None else None,
                used=max(0, used) if isinstance(used, int) else 0,
            )
        )
    return found


def amendment_of(uid: str, data: Data, row: Data, roles: Mapping[str, Meaning]) -> Amendment:
    """Read a change of a link; ``row``: as it is now.

    :raises ApiError: what is refused
    """
    asked = Amendment(uid, terms_of(data, known=True), clamp=True)
    if "role" in data:
        role = roles.get(role_uid(data["role"]) or "", Meaning())
        asked = msgspec.structs.replace(asked, role=role.role, acts_as=role.acts_as)
    if "item" in data or "collection" in data:
        moved = {"collection": row["collection"], "item": row["item"], **data}
        if (str(moved["collection"]), str(moved["item"])) != (row["collection"], row["item"]):
            asked = msgspec.structs.replace(asked, item=item_ref(collection_of(moved), item_of(moved)))
    used = _whole(data, "times_used")
    if used is not _UNSET:
        asked = msgspec.structs.replace(asked, used=max(0, used) if isinstance(used, int) else 0)
    return asked
