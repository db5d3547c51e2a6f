"""Who may do what with an item, and why: one's own right, the answer to a why, and the whole audience."""

from msgspec import Struct

from commonhold.core.directory.people import get_user
from commonhold.core.policy.audience import Reason
from commonhold.core.policy.snapshot import START, Place
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing import finding
from commonhold.faces.native.items_shape import ItemBrief, RightShape, brief, right_shape
from commonhold.faces.native.words import (
    ActionWord,
    KindWord,
    Label,
    Moment,
    Paging,
    actions_of,
    cursor,
    kind_word,
    moment_or_none,
    place_of,
    user_ref,
)
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table("/api/v1")


class Whose(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose right: a user's name or uid; oneself if left out."""

    user: Label | None = None


class Named(Struct, frozen=True):
    """Somebody who is part of a reason."""

    id: int
    kind: KindWord
    name: str | None


class ReasonShape(Struct, frozen=True):
    """One way in which somebody reaches an item.

    ``by``: owner, administrator, rule or share. ``counts`` false: it gives nothing now, and ``missing`` says why.
    ``through``: the group by which he is reached; ``place``: the folder the share stands on; ``backers``: on whose
    right it stands, nearest first.
    """

    by: str
    who: Named
    actions: tuple[ActionWord, ...]
    counts: bool
    missing: str | None
    share: int | None
    place: ItemBrief | None
    until: Moment | None
    through: Named | None
    backers: list[Named]


class WhyShape(Struct, frozen=True):
    """What somebody may do with an item, and every reason."""

    item: ItemBrief
    right: RightShape
    reasons: list[ReasonShape]


class AudienceQuery(Paging, forbid_unknown_fields=True, frozen=True):
    """A page of an audience; ``total``: count all of it, too."""

    total: bool = False


class AudiencePage(Struct, frozen=True):
    """A page of everybody an item reaches."""

    item: ItemBrief
    data: list[ReasonShape]
    next: str | None
    total: int | None = None  # reasons in all, if asked for


def _named(answer: finding.Answer, no: int) -> Named:
    profile = answer.profiles.get(no)
    kind = profile.kind if profile else Kind.USER
    return Named(no, kind_word(kind), profile.name if profile and kind is not Kind.LINK else None)


def _shape(answer: finding.Answer, reason: Reason) -> ReasonShape:
    place = answer.items.get(reason.place) if reason.place is not None else None
    return ReasonShape(
        by=reason.by,
        who=_named(answer, reason.principal),
        actions=actions_of(reason.actions),
        counts=reason.counts,
        missing=reason.missing,
        share=reason.share,
        place=brief(place) if place is not None else None,
        until=moment_or_none(reason.until),
        through=_named(answer, reason.through) if reason.through is not None else None,
        backers=[_named(answer, no) for no in reason.backers],
    )


@TABLE.route("GET", "/items/{item}/right", needs="right", problems="unknown_item")
async def right(call: Call) -> RightShape:
    """Say what the caller may do with an item."""
    return right_shape(await finding.decide(call.core, call.actor, call.params["item"]))


@TABLE.route("GET", "/items/{item}/why", needs="right", problems="unknown_item forbidden unknown_user")
async def why(call: Call, query: Whose) -> WhyShape:
    """Say what oneself, or (for managers) anybody, may do with an item, and every reason."""
    subject = None if query.user is None else (await get_user(call.core, call.actor, user_ref(query.user))).no
    answer = await finding.explain(call.core, call.actor, call.params["item"], subject)
    reasons = [_shape(answer, reason) for reason in answer.reasons]
    return WhyShape(brief(answer.item), right_shape(answer.right), reasons)


@TABLE.route("GET", "/items/{item}/audience", needs="right", problems="unknown_item forbidden bad_cursor")
async def audience(call: Call, query: AudienceQuery) -> AudiencePage:
    """Tell everybody an item reaches, each with the reason; for those who manage it."""
    ref, after = call.params["item"], _place(query.next)
    answer, further = await finding.audience_of(call.core, call.actor, ref, after, query.limit, total=query.total)
    reasons = [_shape(answer, reason) for reason in answer.reasons]
    return AudiencePage(brief(answer.item), reasons, cursor(further), answer.total)


def _place(text: str | None) -> Place:
    """Read the cursor of an audience.

    :raises Problem: bad_cursor
    """
    match place_of(text):
        case None:
            return START
        case (int(step), int(no)):
            return step, no
    raise Problem("bad_cursor", field="next")
