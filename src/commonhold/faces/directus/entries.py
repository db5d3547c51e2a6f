"""Bodies that write rows, read into entries of the core: fields, and related rows within them.

A related row is named by its key, or written in place: with a key it is changed, or made if there is none; without one
it is made. A to-many relation takes an array (these and no others) or an object with ``create``,
``update`` and ``delete``.
"""

from collections.abc import Mapping
from typing import Any, Final

from commonhold.core.core import Core
from commonhold.core.problems import Problem
from commonhold.core.query import Scalar
from commonhold.core.records.catalog import Relation
from commonhold.core.records.deep import Entry, Rows, Ways
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rules import fields_of
from commonhold.core.roles import Action
from commonhold.faces.directus.problems import invalid_payload, no_field
from commonhold.faces.directus.routes import only
from commonhold.faces.directus.values import STARS

DEEPEST: Final = 8  # related rows within related rows
MOST_HASHES: Final = 20  # secrets in one request: each takes the time of a password

Json = Any


class Reading:
    """Reads the bodies of one request, for somebody who may write that much."""

    def __init__(self, core: Core, ways: Ways) -> None:
        """Read for a catalogue and its access."""
        self._core = core
        self._ways = ways
        self._hashes = 0

    async def entry(
        self, collection: str, row: Json, key: Scalar = None, *, upsert: bool = False, depth: int = 0
    ) -> Entry:
        """Read one row: a new one, or the one with a key.

        :raises ApiError: FORBIDDEN for a field that is not there, INVALID_PAYLOAD
        """
        if not isinstance(row, dict):
            raise invalid_payload('"value" must be of type object')
        if depth > DEEPEST:
            raise invalid_payload("Related rows are nested too deep")
        found = Entry({}, key, {}, {}, upsert, {})
        for name in row:
            if self.known(collection, name, Action.CREATE if key is None else Action.WRITE):
                await self.field(collection, name, row, found, depth)
        return found

    def known(self, collection: str, name: str, action: Action) -> bool:
        """Tell whether there is a field; who may write some fields alone is told that there is none."""
        if collection in self._ways.catalog:
            if any(field.name == name for field in self._ways.catalog.collection(collection).fields):
                return True
            if fields_of(self._ways.access(action).on(collection)) is not None:
                raise no_field(name[:200], collection)
        return False

    async def field(self, collection: str, name: str, row: Mapping[str, Json], found: Entry, depth: int) -> None:
        """Read what is said of one field."""
        value = row[name]
        catalog = self._ways.catalog
        kind = catalog.field(collection, name).kind
        relation = catalog.relation(collection, name)
        if name == catalog.collection(collection).key:
            if found.key is None and value is not None:
                found.values[name] = value
        elif kind is Kind.ALIAS:
            if relation is not None and value is not None:
                found.lists[name] = await self.rows(catalog.hop(collection, name).there, name, value, depth)
        elif relation is not None and isinstance(value, dict):
            await self.refer(relation, row, found, depth)
        elif kind is Kind.HASH:
            if value != STARS:
                found.values[name] = await self.hashed(name, value)
        else:
            found.values[name] = value

    async def refer(self, relation: Relation, row: Mapping[str, Json], found: Entry, depth: int) -> None:
        """Read a row that the field refers to."""
        value: dict[str, Json] = row[relation.field]
        target = relation.targets[0]
        if relation.kind_field is not None:
            target = row.get(relation.kind_field, "")
            if target not in relation.targets:
                raise invalid_payload(f'"{relation.kind_field}" must be one of [{", ".join(relation.targets)}]')
            found.toward[relation.field] = target
        key_field = self._ways.catalog.collection(target).key
        key = self.key(target, value.get(key_field))
        if key is not None and len(value) == 1:
            found.values[relation.field] = key
        else:
            found.refers[relation.field] = await self.entry(target, value, key, upsert=True, depth=depth + 1)

    async def rows(self, target: str, name: str, value: Json, depth: int) -> Rows:
        """Read the rows of a to-many relation."""
        if isinstance(value, list):
            return Rows([await self.row(target, one, depth) for one in value], whole=True)
        if not isinstance(value, dict):
            raise invalid_payload(f'"{name}" must be an array, or have create, update and delete')
        only(value, "create", "update", "delete")
        for part, given in value.items():
            if not isinstance(given, list):
                raise invalid_payload(f'"{name}.{part}" must be an array')
        entries = [await self.entry(target, one, depth=depth + 1) for one in value.get("create", ())]
        entries += [await self.row(target, one, depth) for one in value.get("update", ())]
        return Rows(entries, [self.key(target, one) for one in value.get("delete", ())])

    async def row(self, target: str, given: Json, depth: int) -> Entry:
        """Read one row of a to-many relation: its key alone, or what it shall be."""
        if not isinstance(given, dict):
            return Entry({}, self.key(target, given, needed=True), {}, {}, False, {})
        key = self.key(target, given.get(self._ways.catalog.collection(target).key))
        return await self.entry(target, given, key, upsert=True, depth=depth + 1)

    def key(self, collection: str, value: Json, *, needed: bool = False) -> Scalar:
        """Read a key; what none can be is refused."""
        field = self._ways.catalog.field(collection, self._ways.catalog.collection(collection).key)
        try:
            found = field.cast(value)
        except Problem:
            raise invalid_payload(f'"{field.name}" is no key of "{collection}"') from None
        if found is None and needed:
            raise invalid_payload(f'"{field.name}" is required')
        return found

    async def hashed(self, name: str, value: Json) -> str | None:
        """Return the hash of a secret; nothing for an empty one."""
        if value in (None, ""):
            return None
        self._hashes += 1
        if isinstance(value, bool | dict | list) or len(str(value)) > 1_000 or self._hashes > MOST_HASHES:
            raise invalid_payload(f'"{name}" must be a string')
        return await self._core.hasher.hash(str(value))
