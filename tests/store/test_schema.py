"""The schema says what the core's rows say, and nothing twice."""

import typing

import pytest
from sqlalchemy import Column, Table

from commonhold.core.model import ROWS, Instance, Row
from commonhold.store.schema import metadata
from commonhold.store.tables import columns, columns_of_past, kept
from commonhold.store.uniques import UNIQUES, Unique

ENGINES = ("sqlite", "postgresql")


def names(table: Table) -> list[str]:
    """The columns of a table in order."""
    return [column.name for column in table.columns]


@pytest.mark.parametrize("row", ROWS)
def test_a_field_is_a_column(row: type[Row]) -> None:
    """A table has the fields of its row as columns, in order, with the same key; what engines add comes after them."""
    table = metadata.tables[row.table]

    assert names(table)[: len(row.__struct_fields__)] == list(row.__struct_fields__)
    assert names(table) == list(columns(row))
    assert {column.name for column in table.primary_key} == set(row.key)


@pytest.mark.parametrize("row", ROWS)
def test_what_may_be_none_may_be_null(row: type[Row]) -> None:
    """A column may be null where its field may be None, and nowhere else."""
    hints = typing.get_type_hints(row)
    table = metadata.tables[row.table]

    for name in row.__struct_fields__:
        assert table.c[name].nullable == (type(None) in typing.get_args(hints[name])), name


@pytest.mark.parametrize("row", [row for row in ROWS if row.past])
def test_a_past_table(row: type[Row]) -> None:
    """A past table holds what is kept of the row, and when it held; of an item no name."""
    assert row.past is not None
    assert names(metadata.tables[row.past]) == list(columns_of_past(row))
    assert {"no", "item", "member", "name"} & set(kept(row)) <= {"no", "item", "member"}


def test_no_other_table() -> None:
    """There are tables for rows and their past, for the installation and for the closure of groups, and no others."""
    known = {row.table for row in ROWS} | {row.past for row in ROWS if row.past}

    assert set(metadata.tables) == known | {"instance", "group_closure", "folder_share"}
    assert names(metadata.tables["instance"]) == list(Instance.__struct_fields__)


@pytest.mark.parametrize("unique", UNIQUES, ids=lambda one: f"{one.table.table}-{'-'.join(one.columns)}")
def test_what_may_exist_once(unique: Unique) -> None:
    """What may exist once is a unique index in every database, a partial one where it says so."""
    (found,) = [
        index
        for index in metadata.tables[unique.table.table].indexes
        if index.unique and tuple(column.name for column in index.columns) == unique.columns
    ]

    for engine in ENGINES:
        assert (found.dialect_options[engine]["where"] is not None) == bool(unique.where)


def test_types_are_portable() -> None:
    """Columns are of four types, and no database fills one by itself."""
    found: list[Column[typing.Any]] = [column for table in metadata.tables.values() for column in table.columns]

    assert {type(column.type).__name__ for column in found} == {"BigInteger", "Boolean", "LargeBinary", "Text"}
    assert not any(column.server_default or column.default for column in found)
