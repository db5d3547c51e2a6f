"""Receipts as pages say them: what would end with some shares, and, when that is done, what has ended."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from commonhold.core.sharing.receipts import Receipt
from commonhold.faces.web.speech import Speech
from commonhold.http.face import Call

_COUNTS: Final = ("shares", "reshares", "passes")
_MOST: Final = 10**6


def ended(receipt: Receipt | None) -> str:
    """Return the query by which a list says what has ended: counts alone, which tell nobody anything."""
    counts = {name: getattr(receipt, name) for name in _COUNTS} if receipt is not None else {}
    return urlencode({"done": "ended", **{name: count for name, count in counts.items() if count}})


def would_end(speech: Speech, receipt: Receipt | None) -> list[str]:
    """Say what would end beside the shares themselves."""
    if receipt is None:
        return []
    return _said(speech, {"reshares": receipt.reshares, "passes": receipt.passes}, done=False)


def has_ended(call: Call, speech: Speech) -> list[str]:
    """Say what has ended, as the address of a list counts it; nothing, if nothing was ended just now."""
    given = call.request.query_params
    if given.get("done") != "ended":
        return []
    counts = {name: given.get(name, "") for name in _COUNTS}
    known = {name: int(text) for name, text in counts.items() if text.isascii() and text.isdigit() and len(text) < 7}
    return _said(speech, known, done=True) or [speech.say("What you chose has ended.")]


def _said(speech: Speech, counts: dict[str, int], *, done: bool) -> list[str]:
    some = {name: min(counts.get(name, 0), _MOST) for name in _COUNTS}
    return [_SAID[name, done](speech, count) for name, count in some.items() if count and (name, done) in _SAID]


# By what ended, and whether it has ended already.
_SAID: Final[dict[tuple[str, bool], Callable[[Speech, int], str]]] = {
    ("reshares", False): lambda speech, count: speech.say_n(
        "%(num)s share that was passed on ends with it.", "%(num)s shares that were passed on end with it.", count
    ),
    ("passes", False): lambda speech, count: speech.say_n(
        "%(num)s who has opened it is out at once.", "%(num)s who have opened it are out at once.", count
    ),
    ("shares", True): lambda speech, count: speech.say_n(
        "%(num)s share has ended.", "%(num)s shares have ended.", count
    ),
    ("reshares", True): lambda speech, count: speech.say_n(
        "%(num)s share that was passed on has ended with it.",
        "%(num)s shares that were passed on have ended with it.",
        count,
    ),
    ("passes", True): lambda speech, count: speech.say_n(
        "%(num)s who had opened it is out.", "%(num)s who had opened it are out.", count
    ),
}
