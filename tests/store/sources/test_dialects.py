"""The text of statements in both dialects, and what both share."""

import pytest

from commonhold.core.query import (
    ALWAYS,
    Aggregate,
    Call,
    Compare,
    Facts,
    Filter,
    Fn,
    Measure,
    Op,
    Some,
    Sort,
    Toward,
    within,
)
from commonhold.core.records.kinds import Kind
from commonhold.store.sources.dialects import Dialect, Postgres, Sqlite, literal, pattern, quoted
from commonhold.store.sources.shape import Flags, Form, Lifter, Tally
from commonhold.store.sources.statements import bound, compiled
from commonhold.testing.sample_records import sample_catalog

CATALOG = sample_catalog()
FACTS = Facts(0)
SQLITE, POSTGRES = Sqlite(), Postgres()


def list_of(where: Filter, dialect: Dialect, collection: str = "articles") -> tuple[str, list[object]]:
    """The statement of a list of keys, and its values."""
    lifter = Lifter()
    lifter.slot(25)
    form = Form(collection, ("id",), lifter.filter(where), (Sort("title", descending=True),))
    plan = compiled(CATALOG, dialect, form)
    return plan.text, bound(dialect, plan, lifter.values, FACTS)


def condition(where: Filter, dialect: Dialect) -> tuple[str, list[object]]:
    """The condition of a flag, and its values."""
    lifter = Lifter()
    lifter.slot((1,))
    plan = compiled(CATALOG, dialect, Flags("articles", (lifter.filter(where),)))
    text = plan.text.partition(", (")[2].partition(') IS TRUE FROM "r_articles"')[0]
    return text, bound(dialect, plan, lifter.values, FACTS)[1:]


def test_a_list() -> None:
    """A relation stands before the list as a set of keys; NULL is the greatest value; everything is bound."""
    where = Some("author", Compare("name", Op.ICONTAINS, "a"))
    rest = ' FROM "r_articles" t0 WHERE (t0."author" IS NOT NULL AND t0."author" IN (SELECT k FROM s0))'
    order = ' ORDER BY t0."title" DESC NULLS FIRST, t0."id" LIMIT '
    keys = 'WITH s0(k) AS (SELECT t1."id" FROM "r_authors" t1 WHERE '
    folded = 'lower(t1."name" COLLATE "und-x-icu"), lower($2::text COLLATE "und-x-icu")'

    assert list_of(where, SQLITE) == (
        f'{keys}instr(fold(t1."name"), fold(:p1)) > 0) SELECT t0."id"{rest}{order}:p0',
        [25, "a"],
    )
    assert list_of(where, POSTGRES) == (
        f'{keys}strpos({folded}) > 0) SELECT t0."id"{rest}{order}$1::bigint',
        [25, "a"],
    )


def test_one_row() -> None:
    """A question about a row follows its relations from there."""
    where = within(("blocks", Toward("item", "comments")), Compare("text", Op.NULL))
    number = 'CAST(t1."item" AS INTEGER)'
    sqlite, _ = condition(where, SQLITE)
    postgres, _ = condition(where, POSTGRES)

    assert sqlite == (
        'EXISTS (SELECT 1 FROM "r_blocks" t1 WHERE t1."page" = t0."id" AND EXISTS (SELECT 1 FROM "r_comments" t2 WHERE '
        f't2."id" = CASE WHEN CAST({number} AS TEXT) = t1."item" THEN {number} END AND t1."what" = \'comments\''
        ' AND t2."text" IS NULL))'
    )
    assert postgres == sqlite.replace(
        f'CASE WHEN CAST({number} AS TEXT) = t1."item" THEN {number} END',
        'CASE WHEN t1."item" ~ \'^(0|-?[1-9][0-9]{0,17})$\' THEN t1."item"::bigint END',
    )


@pytest.mark.parametrize(
    ("where", "sqlite", "postgres"),
    [
        (Compare("views", Op.EQ, "5"), ('t0."views" = :p1', [5]), ('t0."views" = $2::bigint', [5])),
        (Compare("price", Op.GT, "1.50"), ('t0."price" > :p1', [1.5]), ('t0."price" > $2::text::numeric', ["1.50"])),
        (
            Compare("made", Op.LTE, 5),
            ('t0."made" <= :p1', [5]),
            ('t0."made" <= to_timestamp($2::float8 / 1000)', [5]),
        ),
        (
            Compare("views", Op.NIN, (1, "2")),
            ('NOT (t0."views" IN (SELECT value FROM json_each(:p1)))', ["[1,2]"]),
            ('NOT (t0."views" = ANY($2::bigint[]))', [[1, 2]]),
        ),
        (
            Compare("title", Op.IMATCHES, "50%*?"),
            ("fold(t0.\"title\") LIKE fold(:p1) ESCAPE '\\'", ["50\\%%_"]),
            (
                'lower(t0."title" COLLATE "und-x-icu") LIKE lower($2::text COLLATE "und-x-icu") ESCAPE \'\\\'',
                ["50\\%%_"],
            ),
        ),
        (
            Compare(Call(Fn.WEEKDAY, "made"), Op.EQ, 0),
            (
                "CAST(strftime('%w', t0.\"made\" / 1000 - (t0.\"made\" % 1000 < 0), 'unixepoch') AS INTEGER) = :p1",
                [0],
            ),
            ("floor(extract(dow FROM t0.\"made\" AT TIME ZONE 'UTC'))::int = $2::bigint", [0]),
        ),
    ],
)
def test_conditions(where: Filter, sqlite: tuple[str, list[object]], postgres: tuple[str, list[object]]) -> None:
    """Both dialects bind values by their kind, and write the same question in their own words."""
    assert sqlite == condition(where, SQLITE)
    assert postgres == condition(where, POSTGRES)


def test_names_and_patterns() -> None:
    """Names are quoted, whatever is in them; in patterns only * and ? are signs."""
    assert quoted('a"; DROP TABLE x; --') == '"a""; DROP TABLE x; --"'
    assert literal("it's") == "'it''s'"
    assert pattern("*a?_%\\") == "%a_\\_\\%\\\\"


def test_decimals_are_written_out() -> None:
    """A decimal is a text with the digits of its field, and never has an exponent."""
    scaled, free = SQLITE.decoder(Kind.DECIMAL, 2), SQLITE.decoder(Kind.DECIMAL)
    assert scaled is not None
    assert free is not None

    assert (scaled(1.5), scaled(3), free(1e21), free(1e-7), free(12)) == (
        "1.50", "3.00", "1000000000000000000000", "0.0000001", "12",
    )  # fmt: skip


def test_forms_have_no_values() -> None:
    """A query can only be compiled once its values were taken out."""
    with pytest.raises(TypeError):
        compiled(CATALOG, SQLITE, Flags("articles", (Compare("views", Op.EQ, 1),)))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ALIAS])
def test_every_kind_is_spelled(kind: Kind) -> None:
    """Both dialects can bind, list, show and read every kind."""
    for dialect in (SQLITE, POSTGRES):
        texts = [dialect.parameter(0, kind), dialect.among("x", 0, kind), dialect.shown("x", kind)]
        assert all(texts)
        assert dialect.decoder(kind) is None or callable(dialect.decoder(kind))
        dialect.encode_list(kind, [None])
        assert "x" in dialect.as_text("x", kind)
        assert "x" in dialect.as_key("x", kind)
        assert "x" in dialect.elements("x")


@pytest.mark.parametrize("measure", [Measure.SUM, Measure.AVG])
def test_computed_numbers(measure: Measure) -> None:
    """What PostgreSQL computes is cast to the kind that is given back."""
    tally = Tally("articles", Aggregate(((measure, "views"), (measure, "price"))), ALWAYS)
    whole = "bigint" if measure is Measure.SUM else "float8"

    assert f'({measure}(t0."views"))::{whole}, ({measure}(t0."price"))::text' in compiled(CATALOG, POSTGRES, tally).text
