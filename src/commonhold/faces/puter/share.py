"""``POST /share``: recipients × things in one proposal, reported in the places where they were named.

The form is chosen by the key that names the things: ``things`` and ``paths`` (the document), ``shares``, ``items``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from starlette.responses import Response

from commonhold.core.identity import Named
from commonhold.core.problems import Problem
from commonhold.core.roles import Role
from commonhold.core.sharing.proposal import OnExisting, Proposal, Refusal, Report
from commonhold.core.terms import Terms
from commonhold.faces.puter import items
from commonhold.faces.puter.problems import (
    FORM,
    ApiError,
    field_invalid,
    of_problem,
    unknown_entity,
    unknown_subject,
    unknown_user,
)
from commonhold.faces.puter.proposing import proposed
from commonhold.faces.puter.references import user_ref
from commonhold.faces.puter.routes import Table
from commonhold.faces.puter.share_parts import (
    Thing,
    metadata_of,
    nothing,
    paths_of,
    recipients_of,
    shares_of,
    things_of,
)
from commonhold.faces.puter.sharer import Sharer, sharer_of
from commonhold.faces.puter.values import MISSING, Fields, Json, truthy
from commonhold.http.face import Call
from commonhold.http.replies import json_reply

TABLE = Table()

ABORTED: Final = 218  # the status of a strict request of which nothing was done
FORMS: Final[dict[str, Callable[[Json, str | None], list[Thing | ApiError]]]] = {
    "things": things_of,
    "paths": paths_of,
    "shares": shares_of,
}
OF_RECIPIENT: Final = frozenset(
    {"self_share", "owner_share", "recipient_refuses", "domain_not_allowed", "kind_not_allowed", "unknown_recipient"}
)
"""Refusals of a pair that are the recipient's; all others are the thing's."""


class Asking(msgspec.Struct):
    """A request to share: what is good of it is proposed, what is not stands as a refusal in its place."""

    form: str
    sharer: Sharer
    recipients: list[Named | ApiError]
    things: list[Thing | ApiError]
    strict: bool
    dry_run: bool
    note: str | None

    def proposal(self) -> Proposal:
        """Return what the core is asked; where nothing is good on one side, the other is only judged."""
        asked = tuple(thing.asked for thing in self.things if isinstance(thing, Thing))
        named = tuple(self.sharer.recipient(one) for one in self.recipients if isinstance(one, Named))
        whole = len(asked) == len(self.things) and len(named) == len(self.recipients)
        return Proposal(
            items=asked or (nothing(),),
            recipients=named or (user_ref(""),),
            role=Role.VIEWER,
            terms=Terms(note=self.note) if self.note else Terms(),
            on_existing=OnExisting.RAISE,
            atomic=self.strict,
            dry_run=self.dry_run or not asked or not named or (self.strict and not whole),
        )

    def answer(self, report: Report) -> Response:
        """Return the report as a reply: each refusal in its place, 218 where nothing was done."""
        recipients, things = self._recipients(report), self._things(report)
        good = not any(isinstance(one, ApiError) for one in (*recipients, *things))
        aborted = self.strict and not good
        body: dict[str, Json] = {
            "$": "api:share",
            "$version": "v0.0.0",
            "status": "aborted" if aborted else "success" if good else "mixed",
            "recipients": [_entry(one) for one in recipients],
            "shares" if self.form == "shares" else "paths": [_entry(one) for one in things],
        }
        if self.dry_run:
            body["dry_run"] = True
        return json_reply(body, ABORTED if aborted else 200)

    def _recipients(self, report: Report) -> list[ApiError | None]:
        """Return what was refused of each recipient."""
        pairs = {
            pair.recipient: pair.refused
            for pair in reversed(report.pairs)
            if pair.refused is not None and pair.refused.code in OF_RECIPIENT
        }
        return _placed(self.recipients, _of_recipient, report.recipients, pairs)

    def _things(self, report: Report) -> list[ApiError | None]:
        """Return what was refused of each thing."""
        pairs = {
            pair.item: pair.refused
            for pair in reversed(report.pairs)
            if pair.refused is not None and pair.refused.code not in OF_RECIPIENT
        }
        return _placed(self.things, _of_thing, report.items, pairs)


T = TypeVar("T")


def _placed(
    asked: Sequence[T | ApiError],
    told: Callable[[T, Refusal], ApiError],
    whole: Sequence[Refusal | None],
    pairs: Mapping[int, Refusal],
) -> list[ApiError | None]:
    """Put refusals where they belong: of the reference itself, as the core or we refused it, else of a pair of it."""
    found: list[ApiError | None] = []
    place = 0
    for one in asked:
        if isinstance(one, ApiError):
            found.append(one)
            continue
        refused = whole[place] or pairs.get(place)
        found.append(told(one, refused) if refused else None)
        place += 1
    return found


def _of_recipient(named: Named, problem: Refusal) -> ApiError:
    return unknown_user(named.text) if problem.code == "unknown_recipient" else of_problem(problem)


def _of_thing(thing: Thing, problem: Refusal) -> ApiError:
    if problem.code != "unknown_item":
        return of_problem(problem)
    return unknown_entity(thing.entity) if thing.entity else unknown_subject()


def _entry(refused: ApiError | None) -> dict[str, Json]:
    return refused.entry() if refused else {"$": "api:status-report", "status": "success"}


def form_of(body: Fields) -> str:
    """Return the form that a body has, by the key that names the things; ``paths`` where none does.

    :raises ApiError: field_invalid for a body that has two
    """
    found = [form for form in FORMS if form in body]
    if not found and any(name in body for name in ("items", *items.SINGLE)):
        return "items"
    if "items" in body or "item" in body:
        found.append("items" if "items" in body else "item")
    if len(found) > 1:
        raise field_invalid(found[1], f"to be sent without `{found[0]}`")
    return found[0] if found else "paths"


async def _asking(call: Call, body: Fields, form: str) -> Asking:
    """Read a request: who asks first, then what everything means, refused in the order that clients know."""
    head: tuple[bool, list[Named | ApiError], str | None] | ApiError
    try:
        note = metadata_of(body.get("metadata", MISSING)) if form == "shares" else None
        head = (_strict(body), recipients_of(body.get("recipients", MISSING)), note)
    except ApiError as error:
        head = error
    named = [] if isinstance(head, ApiError) else head[1]
    if len(named) > call.core.limits.recipients:
        raise Problem("too_many_recipients", field="recipients", limit=call.core.limits.recipients)
    sharer = await sharer_of(call, named)
    sharer.need_confirmed()
    if isinstance(head, ApiError):
        raise head
    things = FORMS[form](body.get(form, MISSING), sharer.name)
    if len(things) > call.core.limits.items:
        raise Problem("too_many_items", field=form, limit=call.core.limits.items)
    return Asking(form, sharer, named, things, head[0], truthy(body.get("dry_run", MISSING)), head[2])


def _strict(body: Fields) -> bool:
    mode = body.get("mode", MISSING)
    if mode not in (MISSING, "best-effort", "strict"):
        raise field_invalid("mode", "`strict`, `best-effort`, or undefined")
    return bool(mode == "strict")


async def _again(call: Call, body: Fields) -> Response:
    """Render the report that was kept under an ``Idempotency-Key``."""
    form = form_of(body)
    report = msgspec.json.decode(call.kept.report, type=Report)
    if form == "items":
        return await items.answer(call, await items.asking(call, body), report)
    return (await _asking(call, body, form)).answer(report)


@TABLE.route("POST", "/share", needs="self", again=_again)
async def share(call: Call, body: Fields) -> Response:
    """Share things with recipients, in whichever form the body has."""
    form = form_of(body)
    call.request.scope[FORM] = form
    if form == "items":
        wanted = await items.asking(call, body)
        return await items.answer(call, wanted, await items.done(call, wanted))
    asking = await _asking(call, body, form)
    return asking.answer(await proposed(call, asking.proposal()))
