"""Links: those of invitations by mail, and addresses from which anybody who has them may read one file for a while."""

import re
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.responses import Response

from commonhold.core.identity import NOBODY, ItemRef, ShareRef
from commonhold.core.model import LINK
from commonhold.core.problems import Problem
from commonhold.core.roles import Role
from commonhold.core.sharing.details import details
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.managing import withdraw
from commonhold.core.sharing.opening import by_secret, peek
from commonhold.core.sharing.pending import Waits, ask_for, invitation, waits_for
from commonhold.core.sharing.proposal import Asked, OnExisting, Proposal
from commonhold.core.terms import Terms
from commonhold.faces.puter.places import ref_at
from commonhold.faces.puter.problems import ApiError, field_invalid, of_problem, unconfirmed, unknown_subject
from commonhold.faces.puter.proposing import proposed
from commonhold.faces.puter.references import FILES, file_ref
from commonhold.faces.puter.routes import Table
from commonhold.faces.puter.values import UUID, Fields, Json, text_of
from commonhold.http.face import Call
from commonhold.http.media import OCTETS
from commonhold.http.serving import serve_file

TABLE = Table()

DONE: Final = {"$": "api:status-report", "status": "success"}
DAY: Final = 86_400_000
_UNITS: Final = {"": 1, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": DAY, "w": 7 * DAY, "y": 365 * DAY}
_LIFE: Final = re.compile(r"(\d{1,9}) ?(ms|[smhdwy])?", re.ASCII)
_PERMISSION: Final = re.compile(r"fs:(.+):read", re.DOTALL)


def _needed(body: Fields, key: str) -> str:
    text = text_of(body.get(key))
    if text is None:
        raise ApiError("field_missing", 400, f"Field `{key}` is required.", key=key)
    return text


@TABLE.route("POST", "/sharelink/check", needs="public")
async def check(call: Call, body: Fields) -> Any:
    """Return the address that an invitation went to, and the share that waits there."""
    try:
        found = await invitation(call.core, _needed(body, "token"))
    except Problem as problem:
        if problem.code == "bad_token":
            raise ApiError("invalid_token", 400, "Invalid token") from None
        raise
    return {"$": "api:share", "uid": found.share, "email": found.address}


@TABLE.route("POST", "/sharelink/apply")
async def apply(call: Call, body: Fields) -> Any:
    """Take over what was shared with one's address; confirming the address does so by itself."""
    match await _of_share(waits_for, call, _needed(body, "uid")):
        case Waits.UNCONFIRMED:
            raise unconfirmed("to apply a share")
        case Waits.OTHERS:
            raise ApiError("can_not_apply_to_this_user", 422, "This share can not be applied to this user.")
    return DONE


@TABLE.route("POST", "/sharelink/request")
async def request(call: Call, body: Fields) -> Any:
    """Tell the sharer that one would like to open what he shared with an address."""
    if await _of_share(ask_for, call, _needed(body, "uid")) is Waits.YOURS:
        message = "This share is already valid for this user; POST to /apply for access."
        raise ApiError("no_need_to_request", 422, message)
    return DONE


async def _of_share(verb: Any, call: Call, uid: str) -> Waits:
    try:
        found: Waits = await verb(call.core, call.actor, uid)
    except Problem as problem:
        if problem.code == "unknown_share":
            raise ApiError("share_expired", 422, "This share is expired.") from None
        raise
    return found


@TABLE.route("POST", "/auth/create-access-token")
async def create_access_token(call: Call, body: Fields) -> Any:
    """Make a token by which anybody reads one file for a while: it is a link, listed and ended as every link."""
    ref = await _readable(call, body.get("permissions"))
    until = call.core.clock() + _life(body.get("expiresIn", "24h"))
    proposal = Proposal(
        items=(Asked(ref, kinds=FILES),),
        recipients=(LINK,),
        role=Role.VIEWER,
        terms=Terms(until=until),
        on_existing=OnExisting.ADD,
        atomic=True,
        notify=False,
    )
    report = await proposed(call, proposal)
    if report.items[0] is not None:
        raise unknown_subject()
    pair = report.pairs[0]
    if pair.refused is not None or pair.share is None:
        raise of_problem(pair.refused or Problem("forbidden"))
    shown = await details(call.core, call.actor, (), (pair.share,))
    return {"token": secret_of(call.core, shown.shares[pair.share])}


async def _readable(call: Call, value: Json) -> ItemRef:
    """Return the file that the one permission of a token names."""
    match = _PERMISSION.fullmatch(value[0]) if _one_text(value) else None
    if match is None:
        raise field_invalid("permissions", "one permission `fs:<uid>:read`")
    return await ref_at(call, match[1], "permissions")


def _one_text(value: Json) -> bool:
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)


def _life(value: Json) -> int:
    """Return a duration in milliseconds: a number of seconds, or a text such as ``24h``."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9:
        return value * 1000
    match = _LIFE.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match[1]):
        raise field_invalid("expiresIn", "a duration such as `24h`, or a number of seconds")
    return min(int(match[1]) * _UNITS[match[2] or ""], 100 * 365 * DAY)


@TABLE.route("POST", "/auth/revoke-access-token")
async def revoke_access_token(call: Call, body: Fields) -> Any:
    """End a token that reads a file, by itself, by the address that holds it, or by the uid of its link."""
    text = _needed(body, "tokenOrUuid").strip()
    if "token=" in text:
        text = next(iter(parse_qs(urlsplit(text).query).get("token", [""])))
    ref: ShareRef = text.lower() if UUID.fullmatch(text) else by_secret(text)
    report = await withdraw(call.core, call.actor, [ref])
    refused = report.refused()
    if refused is not None:
        raise unknown_subject() if refused.code == "unknown_share" else of_problem(refused)
    return {}


@TABLE.route("GET", "/token-read", needs="public", streams=OCTETS)
async def token_read(call: Call, _: Fields) -> Response:
    """Return the bytes of a file to whoever has its token."""
    query = call.request.query_params
    try:
        found = await peek(call.core, NOBODY, by_secret(query.get("token", "")))
    except Problem as problem:
        if problem.code == "unknown_share":
            raise Problem("bad_token") from None
        raise
    if found.actor is None:
        raise Problem("bad_token")
    return await serve_file(call, found.actor, file_ref(query.get("uid"), None, "uid"))
