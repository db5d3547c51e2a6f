"""What collections, rows and rules look like in the native API, and how filters are read and written."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    WITH_LIST,
    WITH_PAIR,
    WITHOUT_VALUE,
    And,
    Call,
    Compare,
    Filter,
    Fn,
    Given,
    Not,
    Of,
    Op,
    Operand,
    Or,
    Scalar,
    Some,
    Sort,
)
from commonhold.core.records.catalog import Collection, Field, OnDelete, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ruling import Held, NewRule
from commonhold.core.roles import Kind as Who
from commonhold.faces.native.words import (
    ActionWord,
    KindWord,
    Label,
    RecipientIn,
    Ref,
    Text,
    action_mask,
    actions_of,
    kind_word,
    recipient_ref,
)

DEEPEST: Final = 32  # steps of an operand, and filters within one another: far more than is ever run

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Number = Annotated[int, Meta(ge=1, le=100_000)]
Default = str | int | float | bool | None


class Condition(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A filter: one of ``and``, ``or``, ``not``, ``some`` (with ``where``), or ``field`` with ``op`` and ``value``.

    ``field`` may lead over relations: ``author.name``, and take a function: ``year(made)``, ``count(comments)``.
    """

    all: tuple["Condition", ...] | UnsetType = msgspec.field(default=UNSET, name="and")
    any: tuple["Condition", ...] | UnsetType = msgspec.field(default=UNSET, name="or")
    no: "Condition | UnsetType" = msgspec.field(default=UNSET, name="not")
    some: Text | UnsetType = UNSET
    where: "Condition | UnsetType" = UNSET
    field: Text | UnsetType = UNSET
    op: Op | UnsetType = UNSET
    value: Any = UNSET


class FieldShape(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A field of a collection."""

    name: Name
    type: Kind = Kind.STRING
    nullable: bool = True
    unique: bool = False
    indexed: bool = False
    length: Number | None = None
    precision: Number | None = None
    scale: Annotated[int, Meta(ge=0, le=1_000)] | None = None
    default: Default = None

    def field(self) -> Field:
        """Return it as the core has it."""
        return Field(
            self.name,
            self.type,
            self.nullable,
            self.unique,
            self.indexed,
            self.length,
            self.precision,
            self.scale,
            self.default,
        )


class RelationShape(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A field that refers to rows of another collection, which may have a ``reverse`` field for them."""

    field: Name
    to: Name
    reverse: Name | None = None
    on_delete: OnDelete = OnDelete.CLEAR

    def relation(self, collection: str) -> Relation:
        """Return it as the core has it."""
        return Relation(collection, self.field, (self.to,), self.reverse, on_delete=self.on_delete)


class CollectionShape(Struct, forbid_unknown_fields=True, frozen=True):
    """A collection: its key, its fields (the key among them), and the relations that start in it."""

    name: Name
    key: Name
    fields: list[FieldShape]
    relations: list[RelationShape] = []

    def collection(self) -> Collection:
        """Return it as the core has it."""
        fields = tuple(one.field() for one in self.fields)
        return Collection(self.name, self.key, fields, tuple(one.relation(self.name) for one in self.relations))


class NewRuleIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Who may do what with which rows (all, without a filter), and with which of their fields."""

    holder: Ref | RecipientIn
    collection: Name
    actions: tuple[ActionWord, ...]
    filter: Condition | None = None
    fields: tuple[Label, ...] = ("*",)

    def rule(self) -> NewRule:
        """Return it as the core has it.

        :raises Problem: bad_query, missing_field
        """
        where = ALWAYS if self.filter is None else filtered(self.filter)
        return NewRule(recipient_ref(self.holder), self.collection, action_mask(self.actions), where, self.fields)


class HolderShape(Struct, frozen=True):
    """Whoever holds a rule."""

    kind: KindWord
    id: int
    name: str | None


class RuleShape(Struct, frozen=True):
    """A rule."""

    uid: str
    holder: HolderShape
    collection: str
    actions: Sequence[ActionWord]
    filter: Any
    fields: list[str]


class RowsShape(Struct, frozen=True):
    """A page of rows, and the place where the next one begins."""

    data: list[dict[str, Any]]
    next: str | None = None


def collection_shape(collection: Collection) -> CollectionShape:
    """Shape a collection; relations with several targets are not of this API."""
    return CollectionShape(
        collection.name,
        collection.key,
        [_field_shape(field) for field in collection.fields],
        [
            RelationShape(one.field, one.targets[0], one.reverse, one.on_delete)
            for one in collection.relations
            if one.kind_field is None
        ],
    )


def _field_shape(field: Field) -> FieldShape:
    return FieldShape(
        field.name,
        field.kind,
        field.nullable,
        field.unique,
        field.indexed,
        field.length,
        field.precision,
        field.scale,
        field.default,
    )


def rule_shape(held: Held) -> RuleShape:
    """Shape a rule."""
    rule = held.rule
    kind = held.holder.kind if held.holder else Who.USER
    where = None if rule.filter == ALWAYS else written(rule.filter)
    fields = ["*"] if rule.fields is None else sorted(rule.fields)
    holder = HolderShape(kind_word(kind), rule.principal, held.name)
    return RuleShape(held.uid, holder, rule.collection, actions_of(rule.actions), where, fields)


# --- filters


def filter_of(text: str | None) -> Filter:
    """Read the filter of a query, JSON.

    :raises Problem: bad_query
    """
    if text is None:
        return ALWAYS
    try:
        return filtered(msgspec.json.decode(text, type=Condition))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Problem("bad_query", field="filter", reason=str(error)[:200]) from None


def filtered(given: Condition, depth: int = 0) -> Filter:
    """Return a filter as the core has it.

    :raises Problem: bad_query
    """
    if depth > DEEPEST:
        raise Problem("bad_query", field="filter", reason="nested too deep")
    named = [name for name in ("all", "any", "no", "some", "field") if getattr(given, name) is not UNSET]
    if len(named) != 1 or (given.where is not UNSET and named != ["some"]):
        raise Problem("bad_query", field="filter", reason="one of and, or, not, some, field")
    if named != ["field"] and (given.op is not UNSET or given.value is not UNSET):
        raise Problem("bad_query", field="filter", reason="op and value belong to a field")
    if given.all is not UNSET:
        return And(tuple(filtered(part, depth + 1) for part in given.all))
    if given.any is not UNSET:
        return Or(tuple(filtered(part, depth + 1) for part in given.any))
    if given.no is not UNSET:
        return Not(filtered(given.no, depth + 1))
    if given.some is not UNSET:
        return Some(given.some, ALWAYS if given.where is UNSET else filtered(given.where, depth + 1))
    return _compared(given)


def _compared(given: Condition) -> Filter:
    op = Op.EQ if given.op is UNSET else given.op
    value = None if given.value is UNSET else given.value
    values = value if isinstance(value, list) else [value]
    several = isinstance(value, list)
    if (op in WITHOUT_VALUE) != (given.value is UNSET):
        raise Problem("bad_query", field="filter.value", reason=f"{op} takes {'no' * (op in WITHOUT_VALUE)} value")
    if several != (op in WITH_LIST | WITH_PAIR) or (op in WITH_PAIR and len(values) != 2):
        raise Problem("bad_query", field="filter.value", reason=f"not for {op}")
    if not all(isinstance(one, str | int | float | bool | None) for one in values):
        raise Problem("bad_query", field="filter.value", reason="texts, numbers, true, false or null")
    return Compare(operand(str(given.field)), op, tuple(values) if several else value)


def operand(text: str) -> Operand:
    """Read an operand: ``title``, ``author.name``, ``year(made)``, ``author.year(born)``.

    :raises Problem: bad_query
    """
    steps, _, call = text.rpartition(".") if "(" not in text else text[: text.index("(")].rpartition(".")
    call = text[len(steps) + 1 :] if steps else text
    found: Operand = call
    if "(" in call:
        name, _, rest = call.partition("(")
        if name not in set(Fn) or not rest.endswith(")") or not rest[:-1]:
            raise Problem("bad_query", field=text[:100], reason="an unknown function")
        found = Call(Fn(name), rest[:-1])
    parts = steps.split(".") if steps else []
    if len(parts) > DEEPEST or not call:
        raise Problem("bad_query", field=text[:100])
    for step in reversed(parts):
        found = Of(step, found)
    return found


def sort_of(text: str) -> Sort:
    """Read what rows are sorted by: an operand, backwards with a dash before it."""
    return Sort(operand(text.removeprefix("-")), text.startswith("-"))


def written(where: Filter) -> Any:
    """Write a filter as it is read; what this API cannot say is written as it is kept."""
    if isinstance(where, And):
        return {"and": [written(part) for part in where.parts]}
    if isinstance(where, Or):
        return {"or": [written(part) for part in where.parts]}
    if isinstance(where, Not):
        return {"not": written(where.part)}
    if isinstance(where, Some):
        over = where.over if isinstance(where.over, str) else msgspec.to_builtins(where.over)
        return {"some": over, **({} if where.where == ALWAYS else {"where": written(where.where)})}
    value = {} if where.op in WITHOUT_VALUE else {"value": msgspec.to_builtins(where.value)}
    return {"field": shown_operand(where.operand), "op": where.op, **value}


def shown_operand(given: Operand) -> str:
    """Write an operand."""
    if isinstance(given, str):
        return given
    if isinstance(given, Call):
        return f"{given.fn}({given.field})"
    if isinstance(given, Given):
        return shown_operand(given.operand)
    step = given.over if isinstance(given.over, str) else given.over.field
    return f"{step}.{shown_operand(given.operand)}"


def row_cursor(after: tuple[Scalar, ...] | None) -> str | None:
    """Write where a list of rows goes on: the sort values of its last row."""
    return None if after is None else base64.urlsafe_b64encode(msgspec.json.encode(after)).decode().rstrip("=")


def row_place(text: str | None) -> tuple[Scalar, ...] | None:
    """Read it back.

    :raises Problem: bad_cursor
    """
    if text is None:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=tuple[Default, ...])
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        raise Problem("bad_cursor", field="next") from None
