"""Webhooks: addresses that an organisation has told what happens to its things."""

from typing import ClassVar

from commonhold.core.model.base import Row


class Webhook(Row, frozen=True, gc=False):
    """An address that is told events. Its secret is no column: it is computed from uid, moment and generation."""

    table: ClassVar = "webhook"
    refs: ClassVar = ("no", "org", "made_by")

    no: int
    uid: str
    org: int
    url: str
    kinds: str  # kinds of events, between spaces; empty: all that there are
    made_by: int
    made_at: int
    generation: int = 0
    failing_since: int | None = None  # the first failure after the last success
    disabled_at: int | None = None
