"""The ``items`` form, which today's client sends: one result for each recipient and item, recipients first."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from commonhold.core.content.tree import Seen
from commonhold.core.identity import ItemRef, Named
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.details import Details, details
from commonhold.core.sharing.proposal import Asked, Did, OnExisting, Pair, Proposal, Refusal, Report
from commonhold.faces.puter.entries import mode_of, path_of
from commonhold.faces.puter.problems import ApiError, of_problem
from commonhold.faces.puter.proposing import proposed
from commonhold.faces.puter.references import APP, APPS, FILES, NOTHING, file_ref, user_ref
from commonhold.faces.puter.sharer import Sharer, sharer_of
from commonhold.faces.puter.values import MISSING, UUID, Fields, Json, seconds, truthy
from commonhold.http.face import Call
from commonhold.http.replies import json_reply

SINGLE: Final = ("item", "path", "uid")
MODES: Final[dict[str, Role]] = {
    "see": Role.PREVIEWER,
    "list": Role.PREVIEWER,
    "read": Role.VIEWER,
    "write": Role.CONTRIBUTOR,
    "manage": Role.MANAGER,
}

# Our code → this form's code and message; all others as in the other forms.
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "unknown_recipient": ("user_does_not_exist", "Recipient does not exist"),
    "unknown_item": ("subject_does_not_exist", "Subject does not exist"),
    "self_share": ("cannot_share_with_self", "You cannot share with yourself"),
    "owner_share": ("cannot_share_with_self", "The owner has this already"),
}


class Item(msgspec.Struct, frozen=True):
    """An item as it was named: what it means, and the path that results repeat."""

    ref: ItemRef
    path: str | None = None


class Wanted(msgspec.Struct, frozen=True):
    """A request of this form."""

    sharer: Sharer
    recipients: list[Named]
    items: list[Item]
    mode: str
    dry_run: bool = False

    def proposal(self) -> Proposal:
        """Return what the core is asked: sharing again sets the mode."""
        return Proposal(
            items=tuple(Asked(item.ref, kinds=(*FILES, *APPS)) for item in self.items),
            recipients=tuple(self.sharer.recipient(named) for named in self.recipients),
            role=MODES.get(self.mode),
            on_existing=OnExisting.SET,
            dry_run=self.dry_run or self.mode not in MODES,
        )


def bad_request(message: str) -> ApiError:
    """Return the refusal of a body of which nothing can be made."""
    return ApiError("bad_request", 400, message)


def recipients_of(body: Fields) -> list[Named]:
    """Read the recipients: texts, or objects with ``username`` or ``email``; what is neither is left out.

    :raises ApiError: bad_request if nobody is left
    """
    value = body.get("recipients", body.get("recipient"))
    found = [_recipient(one) for one in (value if isinstance(value, list) else [value])]
    named = [one for one in found if one is not None]
    if not named:
        raise bad_request("At least one recipient is required")
    return named


def _recipient(value: Json) -> Named | None:
    if isinstance(value, dict):
        name, address = value.get("username"), value.get("email")
        if isinstance(name, str) and name.strip():
            return user_ref(name.strip())
        value = address
        if isinstance(value, str) and value.strip():
            return Named(value.strip(), Kind.MAIL)
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()
    return Named(text, Kind.MAIL) if "@" in text else user_ref(text)


def items_of(body: Fields, owner: str | None) -> list[Item]:
    """Read the items: texts, or objects with ``path`` or ``uid``; what is neither is left out.

    :raises ApiError: bad_request if nothing is left
    """
    value = body.get("items", body.get("item", {name: body.get(name) for name in ("path", "uid")}))
    found = [_item(one, owner) for one in (value if isinstance(value, list) else [value])]
    named = [one for one in found if one is not None]
    if not named:
        raise bad_request("At least one item is required")
    return named


def _item(value: Json, owner: str | None) -> Item | None:
    if isinstance(value, dict):
        value = value.get("path") or value.get("uid")
    if not isinstance(value, str) or not value:
        return None
    if UUID.fullmatch(value.removeprefix(APP)):
        return Item(value.removeprefix(APP).lower())
    try:
        return Item(file_ref(value, owner), value)
    except ApiError:
        return Item(NOTHING, value)


async def asking(call: Call, body: Fields, *, confirmed: bool = True) -> Wanted:
    """Read a request of this form.

    :raises ApiError: bad_request, email_confirmation_required
    :raises Problem: too_many_recipients, too_many_items, forbidden
    """
    named, limits = recipients_of(body), call.core.limits
    if len(named) > limits.recipients:
        raise Problem("too_many_recipients", field="recipients", limit=limits.recipients)
    sharer = await sharer_of(call, named)
    if confirmed and not sharer.confirmed:
        raise ApiError("email_confirmation_required", 403, "Email must be confirmed to share something.")
    items = items_of(body, sharer.name)
    if len(items) > limits.items:
        raise Problem("too_many_items", field="items", limit=limits.items)
    mode = body.get("mode")
    word = mode if isinstance(mode, str) else "read"
    return Wanted(sharer, named, items, word, truthy(body.get("dry_run", MISSING)))


async def done(call: Call, wanted: Wanted) -> Report:
    """Put a request to the core."""
    return await proposed(call, wanted.proposal())


async def answer(call: Call, wanted: Wanted, report: Report) -> Response:
    """Return a result for each pair, with what a client shows of the item."""
    if wanted.mode not in MODES:
        message = f"Invalid mode; use one of {', '.join(MODES)}"
        results = [_refused(wanted, pair, "invalid_mode", message) for pair in report.pairs]
        return json_reply({"status": "aborted", "results": results})
    good = [pair for pair in report.pairs if pair.refused is None]
    refs = [wanted.items[pair.item].ref for pair in good]
    shown = await details(call.core, call.actor, refs, [pair.share for pair in good if pair.share is not None])
    results = [
        _result(call, wanted, pair, shown) if pair.refused is None else refused(wanted, pair, pair.refused)
        for pair in report.pairs
    ]
    word = "success" if len(good) == len(results) else "mixed" if good else "aborted"
    return json_reply({"status": word, "results": results, **({"dry_run": True} if wanted.dry_run else {})})


def refused(wanted: Wanted, pair: Pair, refusal: Refusal) -> dict[str, Json]:
    """Return the result of a pair that was refused."""
    error = of_problem(refusal)
    return _refused(wanted, pair, *_WORDS.get(refusal.code, (error.code, error.message)))


def _refused(wanted: Wanted, pair: Pair, code: str, message: str) -> dict[str, Json]:
    path = wanted.items[pair.item].path
    told = {"recipient": wanted.recipients[pair.recipient].text}
    if path is not None:
        told["path"] = path
    return {**told, "status": "error", "message": message, "code": code}


def _result(call: Call, wanted: Wanted, pair: Pair, shown: Details) -> dict[str, Json]:
    """Return the result of a pair that was shared."""
    seen: Seen | None = shown.items.get(wanted.items[pair.item].ref)
    share = shown.shares.get(pair.share) if pair.share is not None else None
    named = wanted.recipients[pair.recipient]
    pending = pair.did is Did.PENDING
    told: dict[str, Any] = {"uid": pair.share, "mode": mode_of(pair.role)}
    if seen is not None:
        told |= {
            "path": path_of(seen),
            "name": seen.item.name,
            "uid_entry": seen.item.uid,
            "is_dir": seen.item.kind == "folder",
            "modified": seconds(seen.item.changed_at),
            "size": seen.item.size,
        }
    return {
        **told,
        "issuer": wanted.sharer.name,
        "holder": None if pending else _holder(wanted, pair, shown),
        "created_at": seconds(share.made_at if share else call.core.clock()),
        "issued_by_app": None,
        "inherited_from": None,
        "recipient": named.text,
        "is_new": pair.did in (Did.CREATED, Did.PENDING),
        "status": "pending" if pending else "success",
        **({"pending": True, "recipient_email": named.text} if pending else {}),
    }


def _holder(wanted: Wanted, pair: Pair, shown: Details) -> str:
    """Return the name of the account that got a share."""
    named = wanted.recipients[pair.recipient]
    share = shown.shares.get(pair.share) if pair.share is not None else None
    account = share.recipient if share is not None else wanted.sharer.recipient(named)
    profile = None
    if isinstance(account, int):
        profile = shown.profiles.get(account) or wanted.sharer.seen.profiles.get(account)
    return profile.name if profile is not None else named.text
