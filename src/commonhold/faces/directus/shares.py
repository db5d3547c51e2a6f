"""``/shares``: links to items, as their makers and administrators manage them, and as strangers open them."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace
from starlette.responses import Response

from commonhold.core.identity import NOBODY
from commonhold.core.problems import Problem
from commonhold.core.records.shelf import Shelf
from commonhold.core.roles import Action
from commonhold.core.sharing.inviting import invite, outline
from commonhold.core.sharing.opening import open_quietly
from commonhold.faces.directus.auth import address, lives_of, mode_of, refuse_other_sites, reply, text_of, told
from commonhold.faces.directus.bulk import Chosen, changes_of, chosen_of
from commonhold.faces.directus.exports import exported
from commonhold.faces.directus.listing import answer_many, answer_one, find_many, wanted
from commonhold.faces.directus.parameters import Asked, asked_by
from commonhold.faces.directus.problems import (
    ApiError,
    forbidden,
    invalid_credentials,
    invalid_payload,
    no_collection,
    route_not_found,
)
from commonhold.faces.directus.registry import SHARES, share_row
from commonhold.faces.directus.replies import data_reply
from commonhold.faces.directus.routes import NOTHING, Table, fields, payload
from commonhold.faces.directus.shares_data import UUIDS, uid_of
from commonhold.faces.directus.shares_verbs import create, delete, update
from commonhold.faces.directus.system import ground
from commonhold.faces.directus.values import moment
from commonhold.http.face import Call

TABLE = Table()

Json = Any

READING: Final = Action.READ | Action.DOWNLOAD
"""What the token of a share is for, whatever its role."""

INFO: Final = ("id", "collection", "item", "password", "max_uses", "times_used", "date_start", "date_end")


def key_of(call: Call) -> str:
    """Return the id in the path, in lower case; what is no UUID makes it another path.

    :raises ApiError: ROUTE_NOT_FOUND
    """
    if not UUIDS.fullmatch(call.params["key"]):
        raise route_not_found(call.request.scope["path"])
    return call.params["key"].lower()


# --- read


async def _many(call: Call) -> Response:
    asked = await wanted(call)
    return await answer_many(call, (await ground(call, whose=asked.whose)).shelf, SHARES, asked)


@TABLE.route("GET", "/shares")
async def get_shares(call: Call) -> Response:
    """List shares."""
    return await _many(call)


@TABLE.route("SEARCH", "/shares")
async def search_shares(call: Call) -> Response:
    """List shares, asked for in the body."""
    return await _many(call)


@TABLE.route("GET", "/shares/{key}")
async def get_share(call: Call) -> Response:
    """Return a share."""
    key, asked = key_of(call), asked_by(call)
    return await answer_one(call, (await ground(call, [key], whose=asked.whose)).shelf, SHARES, key, asked)


# --- made, changed, ended


async def _shown(call: Call, uids: Sequence[str], *, one: bool) -> Response | None:
    """Return what was written as it is read; nothing where it may not be read back, or not like this."""
    try:
        asked = asked_by(call)
        shelf = (await ground(call, uids, whose=asked.whose)).shelf
        if one:
            return await answer_one(call, shelf, SHARES, uids[0], asked)
        return await answer_many(call, shelf, SHARES, asked)
    except ApiError:
        return None
    except Problem as problem:
        if problem.code in ("not_found", "unknown_collection", "unknown_column"):
            return None
        raise


@TABLE.route("POST", "/shares")
async def post_shares(call: Call) -> Response | None:
    """Make a share, or several in one transaction."""
    body = await payload(call)
    if isinstance(body, list):
        _refuse_mixed(body)
        made = await create(call, body)
        return await _shown(call, made, one=False) if made else data_reply([])
    (made_one,) = await create(call, [{} if body is NOTHING else body])
    return await _shown(call, [made_one], one=True)


def _refuse_mixed(body: list[Json]) -> None:
    if not all(isinstance(one, dict) for one in body):
        raise invalid_payload("Each item must be of type object")


@TABLE.route("PATCH", "/shares/{key}")
async def patch_share(call: Call) -> Response | None:
    """Change a share."""
    key = key_of(call)
    known = await update(call, [(key, await fields(call))])
    return await _shown(call, known, one=True) if known else None


@TABLE.route("PATCH", "/shares")
async def patch_shares(call: Call) -> Response | None:
    """Change several shares in one transaction: alike by their keys or a query, or each for itself."""
    asked = await changes_of(call)
    if asked.rows:
        several = [(uid_of(key), {name: one for name, one in row.items() if name != "id"}) for key, row in asked.rows]
    else:
        several = [(key, asked.data) for key in await _keys(call, asked.chosen)]
    known = await update(call, several)
    return await _shown(call, known, one=False) if known else data_reply([])


async def _keys(call: Call, chosen: Chosen) -> list[str]:
    """Return which shares are meant, by keys or by a query."""
    if chosen.query is None:
        return [uid_of(key) for key in chosen.keys]
    return await _found((await ground(call)).shelf, chosen.query)


async def _found(shelf: Shelf, asked: Asked) -> list[str]:
    """Return the ids of the shares that a query finds."""
    plain = replace(asked, fields=("id",), aggregate={}, groups=(), alias={})
    return [row["id"] for row in await find_many(shelf, SHARES, plain)]


@TABLE.route("DELETE", "/shares/{key}")
async def delete_share(call: Call) -> None:
    """End a share."""
    await delete(call, [key_of(call)])


@TABLE.route("DELETE", "/shares")
async def delete_shares(call: Call) -> None:
    """End several shares in one transaction."""
    await delete(call, await _keys(call, await chosen_of(call)))


# --- opened


@TABLE.route("POST", "/shares/auth", needs="public")
async def post_auth(call: Call) -> Response:
    """Open a share: each opening is a use, and every refusal is the same."""
    body = await payload(call)
    if isinstance(body, list):
        raise invalid_payload('"value" must be of type object')
    asked = {} if body is NOTHING else body
    share, password = text_of(asked, "share") or "", text_of(asked, "password", required=False)
    mode = mode_of(asked)
    refuse_other_sites(call, mode)
    if not UUIDS.fullmatch(share):
        share = "none"
    somebody = replace(NOBODY, face=call.face.name, address=address(call))
    try:
        opened = await open_quietly(
            call.core, somebody, share.lower(), password, replace(lives_of(mode), actions=READING)
        )
    except Problem as problem:
        if problem.code == "bad_credentials":
            raise invalid_credentials() from None
        raise
    return reply(call, told(mode, opened))


@TABLE.route("POST", "/shares/invite")
async def post_invite(call: Call) -> None:
    """Mail a share to addresses: one letter each, to a page where it is opened."""
    body = await fields(call)
    share, emails = text_of(body, "share") or "", body.get("emails")
    if "emails" not in body:
        raise invalid_payload('"emails" is required')
    if not isinstance(emails, list):
        raise invalid_payload('"emails" must be an array')
    for at, one in enumerate(emails):
        if not isinstance(one, str):
            raise invalid_payload(f'"emails[{at}]" must be a string')
    if call.actor.user is None or not UUIDS.fullmatch(share):
        raise forbidden()
    found = await ground(call, [share.lower()], whose=False)
    if not found.sees(SHARES):
        raise no_collection(SHARES)
    if not await _found(found.shelf, Asked()):
        raise forbidden()
    await invite(call.core, call.actor, share.lower(), emails)


@TABLE.route("GET", "/shares/info/{key}", needs="public")
async def get_info(call: Call) -> Response:
    """Tell what a share that is open now is, without opening it."""
    key = key_of(call)
    asked = asked_by(call)
    try:
        found = await outline(call.core, key)
    except Problem as problem:
        raise (forbidden() if problem.code == "unknown_share" else problem) from None
    row = share_row(found, {})
    shown = {name: row[name] for name in INFO}
    for name in ("date_start", "date_end"):
        shown[name] = None if shown[name] is None else moment(shown[name])
    if asked.export is not None:
        return exported(shown, asked.export, SHARES, call.core.clock())
    return data_reply(shown)
