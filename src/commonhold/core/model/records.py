"""Collections of records and the rules over them."""

from typing import ClassVar

from commonhold.core.model.base import Row
from commonhold.core.roles import Action


class Rule(Row, frozen=True, gc=False):
    """Collection × actions × filter × fields, held by a principal (records)."""

    table: ClassVar = "rule"
    refs: ClassVar = ("no", "principal")
    past: ClassVar = "rule_past"

    no: int
    uid: str
    principal: int
    collection: str
    actions: Action
    filter: str | None = None  # JSON of the AST; None: every row
    fields: str = '["*"]'
    presets: str | None = None
    validation: str | None = None
    made_at: int = 0


class Collection(Row, frozen=True, gc=False):
    """A collection of records: its definition (JSON, ``core.records.catalog``) and where its rows are."""

    table: ClassVar = "collection"
    key: ClassVar = ("name",)

    name: str
    definition: str
    source: str | None = None  # None: our own database
    since: int = 0
