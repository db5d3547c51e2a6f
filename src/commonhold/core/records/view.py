"""The catalogue as somebody sees it: which collections have rows for him, and which of their fields he may read.

Nothing is built for it: a request looks at a few names out of thousands.
"""

from commonhold.core.query import NEVER
from commonhold.core.records.catalog import Catalog, Field, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rules import Access, FieldSet, fields_of, rows_of, shown_on


class View:
    """What an access lets somebody see of a catalogue."""

    def __init__(self, catalog: Catalog, access: Access) -> None:
        """Look at a catalogue through an access."""
        self.catalog = catalog
        self.access = access

    def sees(self, collection: str) -> bool:
        """Tell whether there is a collection with rows for him."""
        return collection in self.catalog and rows_of(self.access.on(collection)) != NEVER

    def field(self, collection: str, name: str) -> Field | None:
        """Return a field that he may read; None for one that he may not, or that is not there."""
        if not self.sees(collection) or shown_on(self.access.on(collection), name) == NEVER:
            return None
        return next((field for field in self.catalog.collection(collection).fields if field.name == name), None)

    def names(self, collection: str) -> FieldSet:
        """Return the names that he may read; None: all."""
        return fields_of(self.access.on(collection))

    def fields(self, collection: str) -> list[Field]:
        """Return the fields that he may read and that have something to show, in order."""
        if not self.sees(collection):
            return []
        names = self.names(collection)
        return [
            field
            for field in self.catalog.collection(collection).fields
            if (names is None or field.name in names)
            and (field.kind is not Kind.ALIAS or self.catalog.relation(collection, field.name))
        ]

    def relation(self, collection: str, name: str) -> Relation | None:
        """Return the relation of a field that he may read; None where there is none."""
        return self.catalog.relation(collection, name) if self.field(collection, name) else None
