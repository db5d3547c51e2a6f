"""The catalogue: which collections there are, their fields, and how their rows refer to one another.

A relation stands with the field that refers. Seen from there it is to-one; seen from its target it is to-many, under
the name of its ``reverse`` field if it has one. Many-to-many is two relations whose fields stand in one collection
(the junction). A relation with several targets keeps the name of the target's collection in its ``kind_field``.

A catalogue is a value: changing one (``core.records.changes``) gives the next version.
"""

import enum
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import Back, Call, Fn, Given, Of, Operand, Scalar, Step, Toward
from commonhold.core.records.kinds import FUNCTIONS, Kind, cast

TABLE_PREFIX: Final = "r_"  # tables of records never meet the tables of the store


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field of a collection; ``column`` where the column's name is another one."""

    name: str
    kind: Kind = Kind.STRING
    nullable: bool = True
    unique: bool = False
    indexed: bool = False
    length: int | None = None  # characters of a string
    precision: int | None = None  # digits of a decimal, and how many of them stand behind the point
    scale: int | None = None
    default: Scalar = None
    column: str = ""

    def cast(self, value: object) -> Scalar:
        """Return a value as this field holds it; the problem, if there is one, names the field."""
        try:
            return cast(self.kind, value)
        except Problem as problem:
            raise Problem(problem.code, field=self.name, **problem.facts) from None


class OnDelete(enum.StrEnum):
    """What becomes of rows whose target is deleted."""

    CLEAR = "clear"  # the field becomes NULL
    DELETE = "delete"  # they go with it
    REFUSE = "refuse"  # it stays


class Relation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rows of ``collection`` refer by ``field`` to rows of one of ``targets``."""

    collection: str
    field: str
    targets: tuple[str, ...]
    reverse: str | None = None
    kind_field: str | None = None
    junction: str | None = None  # the other field of a junction
    on_delete: OnDelete = OnDelete.CLEAR


class Collection(msgspec.Struct, frozen=True, omit_defaults=True):
    """A collection, its fields in order (its ``key`` among them) and the relations that start in it."""

    name: str
    key: str
    fields: tuple[Field, ...]
    relations: tuple[Relation, ...] = ()
    table: str = ""  # where it is another one than ours
    source: str | None = None  # None: our own database
    read_only: bool = False

    @property
    def place(self) -> str:
        """The name of its table."""
        return self.table or f"{TABLE_PREFIX}{self.name}"


class Hop(msgspec.Struct, frozen=True):
    """A step of a relation, resolved: rows where ``near`` here equals ``far`` there.

    ``near_kind`` is a field here that must name the collection there, ``far_kind`` one there that must name this one.
    ``loose``: the equal values may be of different kinds, as a relation with several targets keeps keys as text.
    """

    near: str
    there: str
    far: str
    many: bool
    near_kind: str | None = None
    far_kind: str | None = None

    @property
    def loose(self) -> bool:
        """Whether the two sides are compared as texts."""
        return bool(self.near_kind or self.far_kind)


class Catalog:
    """All collections, and what can be looked up in them. Immutable; equal only to itself."""

    def __init__(self, version: int, collections: Iterable[Collection] = ()) -> None:
        """Take the collections of one version."""
        self.version = version
        self._collections = {collection.name: collection for collection in collections}

    def __iter__(self) -> Iterator[Collection]:
        """Iterate over the collections in order."""
        return iter(self._collections.values())

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a collection of this name."""
        return name in self._collections

    @cached_property
    def relations(self) -> tuple[Relation, ...]:
        """Every relation."""
        return tuple(relation for collection in self for relation in collection.relations)

    def collection(self, name: str) -> Collection:
        """Return a collection.

        :raises Problem: ``unknown_collection``
        """
        try:
            return self._collections[name]
        except KeyError:
            raise Problem("unknown_collection", collection=name) from None

    def field(self, collection: str, name: str) -> Field:
        """Return a field.

        :raises Problem: ``unknown_column``, ``unknown_collection``
        """
        try:
            return self._fields[self.collection(collection).name][name]
        except KeyError:
            raise unknown_column(collection, name) from None

    @cached_property
    def _fields(self) -> dict[str, dict[str, Field]]:
        return {collection.name: {field.name: field for field in collection.fields} for collection in self}

    @cached_property
    def _outward(self) -> dict[tuple[str, str], Relation]:
        """Relations by where they start."""
        return {(relation.collection, relation.field): relation for relation in self.relations}

    @cached_property
    def _inward(self) -> dict[tuple[str, str], Relation]:
        """Relations by their reverse field."""
        found = [(relation, relation.reverse) for relation in self.relations]
        return {(relation.targets[0], reverse): relation for relation, reverse in found if reverse}

    def relation(self, collection: str, field: str) -> Relation | None:
        """Return the relation that starts in this field, or has it as its reverse field."""
        return self._outward.get((collection, field)) or self._inward.get((collection, field))

    def hop(self, collection: str, over: Step) -> Hop:
        """Resolve a step from a collection.

        :raises Problem: ``unknown_column`` where there is no such relation
        """
        if isinstance(over, Back):
            return self._back(collection, over.collection, over.field)
        name = over.field if isinstance(over, Toward) else over
        target = over.collection if isinstance(over, Toward) else None
        if relation := self._outward.get((collection, name)):
            there = target or relation.targets[0]
            if there in relation.targets and bool(target) == bool(relation.kind_field):
                return Hop(name, there, self.collection(there).key, many=False, near_kind=relation.kind_field)
        elif (relation := self._inward.get((collection, name))) and target is None:
            return self._back(collection, relation.collection, relation.field)
        raise unknown_column(collection, name)

    def _back(self, here: str, collection: str, field: str) -> Hop:
        relation = self._outward.get((collection, field))
        if relation is None or here not in relation.targets:
            raise unknown_column(collection, field)
        return Hop(self.collection(here).key, collection, field, many=True, far_kind=relation.kind_field)

    def kind(self, collection: str, operand: Operand) -> Kind:
        """Return the kind of an operand's values.

        :raises Problem: ``unknown_column``; ``bad_query`` for a function of a field that has none such
        """
        if isinstance(operand, Given):
            return self.kind(collection, operand.operand)
        if isinstance(operand, Of):
            hop = self.hop(collection, operand.over)
            if hop.many:
                raise Problem("bad_query", collection=collection, field=str(operand.over))
            return self.kind(hop.there, operand.operand)
        if isinstance(operand, Call):
            return self._kind_of_call(collection, operand)
        return self.field(collection, operand).kind

    def _kind_of_call(self, collection: str, call: Call) -> Kind:
        kind = self.field(collection, call.field).kind
        counted = call.fn is Fn.COUNT and kind is Kind.ALIAS
        if kind not in FUNCTIONS[call.fn] or (counted and not self.hop(collection, call.field).many):
            raise Problem("bad_query", collection=collection, field=call.field, function=call.fn.value)
        return Kind.INTEGER


def unknown_column(collection: str, field: str) -> Problem:
    """Return the problem for a field that is missing, or may not be read: nobody is told which."""
    return Problem("unknown_column", collection=collection, field=field)


def encode_collection(collection: Collection) -> str:
    """Write a collection as JSON text, as catalogues are stored."""
    return msgspec.json.encode(collection).decode()


def decode_collection(text: str) -> Collection:
    """Read a collection back from the JSON text of ``encode_collection``."""
    return _DECODER.decode(text)


_DECODER: Final = msgspec.json.Decoder(Collection)
