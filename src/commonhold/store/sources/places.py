"""Where the tables of an adopted source are: a schema of the same database, or a file that is opened beside ours."""

import hashlib

from commonhold.core.records.catalog import Collection
from commonhold.store.sources.dialects import Dialect, quoted


def alias_of(source: str) -> str:
    """Return the name under which a file is opened beside ours."""
    return f"source_{hashlib.sha256(source.encode()).hexdigest()[:16]}"


def place_of(collection: Collection, dialect: Dialect) -> str:
    """Write the table of a collection, with the place where it is if that is not ours."""
    if collection.source is None:
        return quoted(collection.place)
    schema = alias_of(collection.source) if dialect.name == "sqlite" else collection.source
    return f"{quoted(schema)}.{quoted(collection.place)}"
