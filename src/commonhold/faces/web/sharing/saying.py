"""What a proposal would do, or has done, in words: one sentence for each whom it names."""

from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.roles import Kind
from commonhold.core.sharing.foresight import Met
from commonhold.core.sharing.proposal import Did, Pair, Report
from commonhold.faces.web import words
from commonhold.faces.web.sharing.forms import told
from commonhold.faces.web.sharing.naming import whom
from commonhold.faces.web.speech import Speech, mark

_GAINS: Final = {
    Kind.USER: mark("%(who)s gains: %(may)s."),
    Kind.GROUP: mark("Everybody in the group %(who)s gains: %(may)s. So does whoever comes into it later."),
    Kind.ORG: mark("Everybody in the organisation %(who)s gains: %(may)s. So does whoever joins it later."),
    Kind.MAIL: mark("%(who)s gains: %(may)s."),
    Kind.LINK: mark("Whoever has the link gains: %(may)s."),
    Kind.EVERYONE: mark("Everybody, without logging in, gains: %(may)s."),
}
_PENDING: Final = mark("%(who)s gets a letter, comes in by it without an account, and gains: %(may)s.")
_CHANGED: Final = mark("%(who)s has it already (%(had)s). From now on: %(may)s.")
_KEPT: Final = mark("%(who)s has it already, and nothing changes: %(may)s.")
_REFUSED: Final = mark("%(who)s gains nothing. %(why)s")


class Outcome(msgspec.Struct, frozen=True):
    """One sentence; ``good``: it gives something; ``outside``, ``unknown``: what the sharer should notice."""

    text: str
    good: bool
    outside: bool = False
    unknown: bool = False


def outcomes(speech: Speech, report: Report, people: Sequence[Met]) -> tuple[Outcome, ...]:
    """Return what becomes of everybody whom a proposal for one item names."""
    return tuple(_outcome(speech, pair, met) for pair, met in zip(report.pairs, people, strict=True))


def _outcome(speech: Speech, pair: Pair, met: Met) -> Outcome:
    who, may = whom(speech, met.kind, met.name), words.may(speech, pair.role)
    if pair.refused is not None:
        why = told(speech, pair.refused.problem())
        return Outcome(speech.say(_REFUSED, who=who, why=why), good=False)
    if pair.did is Did.CHANGED:
        text = speech.say(_CHANGED, who=who, had=words.may(speech, met.had), may=may)
    elif pair.did is Did.KEPT:
        text = speech.say(_KEPT, who=who, may=may)
    elif pair.did is Did.PENDING:
        text = speech.say(_PENDING, who=who, may=may)
    elif met.kind in (Kind.LINK, Kind.EVERYONE):
        text = speech.say(_GAINS[met.kind], may=may)
    else:
        text = speech.say(_GAINS[met.kind], who=who, may=may)
    return Outcome(text, good=True, outside=met.outside, unknown=met.waiting)
