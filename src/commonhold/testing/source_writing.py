"""What every source must do when rows are written and tables are changed; part of ``source_contract``."""

from typing import Any

import pytest

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    NEVER,
    And,
    Compare,
    Current,
    Facts,
    Op,
    Query,
    Some,
    Sort,
    any_of,
)
from commonhold.core.records.catalog import Catalog, Field, Relation
from commonhold.core.records.changes import (
    with_field,
    with_relation,
    without_collection,
    without_field,
    without_relation,
)
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ports import Source
from commonhold.testing.sample_records import sample_catalog
from commonhold.testing.source_cases import FACTS, KEY, Filled, ids, row_of


class Writing:
    """What may be written, and what goes with it."""

    async def test_values_come_back(self, filled: Filled) -> None:
        """Every kind of value is read as it was written, in the form of its kind."""
        source, catalog = filled
        given = {
            "price": 3,
            "public": "1",
            "made": "2024-05-06T07:08:09+02:00",
            "extra": {"é": [None]},
            "token": "A" * 32,
        }

        (key,) = await source.insert(catalog, "articles", [given])

        row = await row_of(filled, "articles", key)
        assert row is not None
        assert {
            "price": "3.00",
            "public": True,
            "made": 1_714_972_089_000,
            "extra": {"é": [None]},
        }.items() <= row.items()
        assert "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa" in row.values()

    async def test_keys(self, filled: Filled) -> None:
        """Keys are returned in order; a number of a deleted row is never given again."""
        source, catalog = filled
        keys = await source.insert(catalog, "authors", [{"name": "C"}, {"id": 9}, {}])
        await source.delete(catalog, "authors", keys)

        assert keys == [3, 9, 10]
        assert await source.insert(catalog, "authors", [{}]) == [11]

    async def test_defaults(self, filled: Filled) -> None:
        """What is not given has its default."""
        source, catalog = filled
        (key,) = await source.insert(catalog, "settings", [{"name": "new"}])

        assert {"id": key, "name": "new", "value": "on"} == await row_of(filled, "settings", key)

    @pytest.mark.parametrize(
        ("code", "collection", "row"),
        [
            ("not_unique", "settings", {"name": "mode"}),
            ("not_unique", "settings", {"id": 1, "name": "other"}),
            ("missing_field", "settings", {}),
            ("missing_field", "settings", {"name": None}),
            ("missing_field", "tags", {"label": "x"}),
            ("bad_reference", "comments", {"article": 99}),
            ("unknown_column", "comments", {"nothing": 1}),
            ("unknown_column", "comments", {"replies": [1]}),
            ("unknown_collection", "nothing", {}),
            ("value_too_long", "articles", {"title": "x" * 41}),
            ("value_out_of_range", "articles", {"price": "123456789.00"}),
            ("value_out_of_range", "articles", {"views": 2**31}),
            ("invalid_field", "articles", {"views": "x"}),
            ("invalid_field", "articles", {"title": "a\0b"}),
        ],
    )
    async def test_refused_rows(self, filled: Filled, code: str, collection: str, row: dict[str, Any]) -> None:
        """A row that does not fit is refused with the field that does not fit."""
        source, catalog = filled
        with pytest.raises(Problem) as raised:
            await source.insert(catalog, collection, [row])

        assert code == raised.value.code
        assert "field" in raised.value.facts or code == "unknown_collection"

    async def test_rows_may_refer_to_one_another(self, filled: Filled) -> None:
        """Rows added together may refer to one another, whatever their order."""
        source, catalog = filled
        assert await source.insert(catalog, "comments", [{"id": 20, "answers": 21}, {"id": 21}]) == [20, 21]

    async def test_update(self, filled: Filled) -> None:
        """Rows change where the filter holds, and their keys are returned; others stay."""
        source, catalog = filled
        values, only = {"title": "new", "author": None}, Compare("author", Op.EQ, Current("no"))

        changed = await source.update(catalog, "articles", [1, 2, 99], values, only, Facts(0, {"no": 1}))

        assert changed == [1]
        assert await ids(filled, And((Compare("title", Op.EQ, "new"), Compare("author", Op.NULL)))) == [1]
        assert await source.update(catalog, "articles", [2], {}) == [2]

    @pytest.mark.parametrize(
        ("code", "collection", "values"),
        [
            ("bad_reference", "comments", {"article": 99}),
            ("invalid_field", "comments", {"id": 7}),
            ("missing_field", "settings", {"name": None}),
        ],
    )
    async def test_refused_update(self, filled: Filled, code: str, collection: str, values: dict[str, Any]) -> None:
        """A change that does not fit is refused; the key of a row never changes."""
        source, catalog = filled
        with pytest.raises(Problem) as raised:
            await source.update(catalog, collection, [1], values)

        assert code == raised.value.code

    async def test_delete(self, filled: Filled) -> None:
        """What goes with a row goes, all keys are reported, and fields that referred to it are cleared."""
        source, catalog = filled

        gone = await source.delete(catalog, "articles", [1, 99, "x"])

        assert {collection: sorted(keys, key=str) for collection, keys in gone.items()} == {
            "articles": [1],
            "comments": [1, 2, 4],
            "articles_tags": [1, 2],
        }
        assert await row_of(filled, "blocks", 2) == {"id": 2, "page": None, "item": "1", "what": "tags"}
        assert await row_of(filled, "blocks", 1) == {"id": 1, "page": None, "item": None, "what": "comments"}

    async def test_delete_only(self, filled: Filled) -> None:
        """Rows for which the filter does not hold stay."""
        source, catalog = filled
        assert await source.delete(catalog, "articles", [1, 2], only=NEVER) == {}
        assert await ids(filled, ALWAYS) == [1, 2, 3, 4, 5]

    async def test_delete_refused(self, filled: Filled) -> None:
        """A row on which others insist stays, and the problem names them."""
        source, catalog = filled
        with pytest.raises(Problem) as raised:
            await source.delete(catalog, "tags", ["a"])

        assert Problem("bad_reference", collection="articles_tags", field="tag") == raised.value
        assert await source.delete(catalog, "tags", ["1"]) == {"tags": ["1"]}

    async def test_cycles_are_deleted(self, filled: Filled) -> None:
        """Rows that refer to one another in a circle go together."""
        source, catalog = filled
        await source.insert(catalog, "comments", [{"id": 30, "answers": 31}, {"id": 31, "answers": 30}])

        gone = await source.delete(catalog, "comments", [30])

        assert sorted(gone["comments"], key=str) == [30, 31]


class Reshaping:
    """Tables that follow the catalogue."""

    async def test_fields_come_and_go(self, filled: Filled) -> None:
        """Rows that are there get the default of a new field; a dropped field is gone and may come again empty."""
        source, catalog = filled
        field = Field("state", Kind.STRING, nullable=False, default="it's", indexed=True)
        wider = with_field(catalog, "articles", field)
        await source.reshape(catalog, wider)

        assert (await row_of((source, wider), "articles", 1) or {})["state"] == "it's"

        await source.reshape(wider, catalog)
        empty = with_field(catalog, "articles", Field("state", unique=True))
        await source.reshape(catalog, empty)
        assert (await row_of((source, empty), "articles", 1) or {})["state"] is None

    async def test_needed_field(self, filled: Filled) -> None:
        """A field that must have a value, without a default, is refused where there are rows, and taken where not."""
        source, catalog = filled
        needed = with_field(catalog, "articles", Field("state", nullable=False))
        with pytest.raises(Problem, match="missing_field"):
            await source.reshape(catalog, needed)

        await source.delete(catalog, "settings", [1])
        needed = with_field(catalog, "settings", Field("flag", Kind.BOOLEAN, nullable=False))
        await source.reshape(catalog, needed)
        with pytest.raises(Problem, match="missing_field"):
            await source.insert(needed, "settings", [{"name": "x"}])

    async def test_defaults_of_every_kind(self, filled: Filled) -> None:
        """Defaults given to the rows that are there are those given to new rows."""
        source, catalog = filled
        wider = with_field(catalog, "authors", Field("active", Kind.BOOLEAN, default=True))
        wider = with_field(wider, "authors", Field("level", Kind.INTEGER, default=3))
        await source.reshape(catalog, wider)
        (key,) = await source.insert(wider, "authors", [{}])

        for no in (1, key):
            row = await row_of((source, wider), "authors", no)
            assert row is not None
            assert (row["active"], row["level"]) == (True, 3)

    async def test_relations_come_and_go(self, filled: Filled) -> None:
        """A relation can be taken away and made again without touching the rows."""
        source, catalog = filled
        without = without_relation(catalog, "comments", "article")
        await source.reshape(catalog, without)
        await source.insert(without, "comments", [{"id": 50, "article": 77}])
        again = with_relation(without, Relation("comments", "article", ("articles",)))
        await source.reshape(without, again)

        found = await source.read(again, "comments", Query(KEY, Some("article")), FACTS)
        assert [row["id"] for row in found.rows] == [1, 2, 3]

    async def test_collections_go(self, filled: Filled) -> None:
        """A dropped collection is gone with its rows and with the relations to it; made again it is empty."""
        source, catalog = filled
        fewer = without_collection(without_collection(catalog, "authors"), "settings")
        await source.reshape(catalog, fewer)
        assert await ids((source, fewer), ALWAYS) == [1, 2, 3, 4, 5]
        await source.reshape(fewer, catalog)

        assert (await source.read(catalog, "authors", Query(KEY), FACTS)).rows == []

    async def test_names_are_only_names(self, source: Source) -> None:
        """Keywords, and names that differ from ours by our prefix alone, are names like others."""
        catalog = sample_catalog()
        for name in ("select", "order"):
            catalog = with_field(catalog, "authors", Field(name))
        await source.reshape(Catalog(0), catalog)
        (key,) = await source.insert(catalog, "authors", [{"select": "x", "order": "y"}])
        where = any_of(Compare("select", Op.EQ, "x'; DROP TABLE r_authors; --"), Compare("order", Op.EQ, "y"))

        found = await source.read(catalog, "authors", Query(KEY, where, (Sort("select"),)), FACTS)

        assert [{"id": key}] == found.rows

    async def test_unique_needs_unique_rows(self, filled: Filled) -> None:
        """A field with a default cannot be unique where there are several rows."""
        source, catalog = filled
        wider = with_field(catalog, "authors", Field("code", unique=True, default="x"))
        with pytest.raises(Problem, match="not_unique"):
            await source.reshape(catalog, wider)

    async def test_dropped_column_of_relation(self, filled: Filled) -> None:
        """A field that refers can be dropped with its relation."""
        source, catalog = filled
        fewer = without_field(catalog, "comments", "article")
        await source.reshape(catalog, fewer)

        assert await row_of((source, fewer), "comments", 1) == {"id": 1, "text": "one on first", "answers": None}
