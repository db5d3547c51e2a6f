"""Rows as files: CSV, JSON, XML and YAML, as the original writes them."""

from typing import Any

import pytest
from tests.faces.directus.town import Town

from commonhold.faces.directus.exports import csv, exported, xml, yaml

ROWS: list[dict[str, Any]] = [
    {"name": "a", "n": None, "in": {"x": 1}, "of": [1, 2]},
    {"name": 'b "q", <&>\u0001', "n": 1.5, "in": None, "of": []},
]


def test_csv() -> None:
    """Texts are quoted, nothing is empty, fields of related rows are columns, lists are JSON."""
    assert csv(ROWS) == '"name","n","in.x","of"\n"a",,1,"[1,2]"\n"b ""q"", <&>\u0001",1.5,,"[]"'
    assert csv([]) == csv([{}]) == ""


def test_xml() -> None:
    """Rows are elements, what is in a list has the list's name; what XML cannot hold is left out."""
    assert xml(ROWS[1:]) == (
        "<?xml version='1.0'?>\n<data>\n    <data>\n        <name>b \"q\", &lt;&amp;&gt;</name>\n        <n>1.5</n>\n"
        "        <in>null</in>\n    </data>\n</data>"
    )
    assert xml([]) == "<?xml version='1.0'?>\n<data/>"
    assert xml({"a b": [{}, ""]}) == "<?xml version='1.0'?>\n<data>\n    <field/>\n    <field/>\n</data>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([{"a": 1, "b": None}], "- a: 1\n  b: null\n"),
        ([{"a": {"b": [1, {"c": True}]}}, []], "- a:\n    b:\n      - 1\n      - c: true\n- []\n"),
        ({"plain": "some words (here)"}, "plain: some words (here)\n"),
        ({"odd": "no", "two": "1", "three": "a: b", "four": "", "five": "x\ny"}, None),
    ],
)
def test_yaml(value: Any, text: str | None) -> None:
    """What could be read as something else is quoted."""
    expected = 'odd: "no"\ntwo: "1"\nthree: "a: b"\nfour: ""\nfive: "x\\ny"\n'
    assert yaml(value) == (text or expected)


@pytest.mark.parametrize(
    ("form", "kind", "ending"),
    [
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("csv_utf8", "text/csv; charset=utf-8", "csv"),
        ("json", "application/json; charset=utf-8", "json"),
        ("xml", "text/xml; charset=utf-8", "xml"),
        ("yaml", "text/yaml; charset=utf-8", "yaml"),
    ],
)
def test_files(form: str, kind: str, ending: str) -> None:
    """A file has the name of its collection and its moment; that for Excel begins with a mark."""
    reply = exported([{"id": 1}], form, "articles", 1_800_000_000_000)
    assert reply.headers["content-type"] == kind
    assert reply.headers["content-disposition"] == f'attachment; filename="articles 20270115-080000.{ending}"'
    assert bytes(reply.body).startswith("\ufeff".encode()) == (form == "csv_utf8")


@pytest.mark.slow
async def test_exported(hamlet: Town) -> None:
    """A list, one row, and lines of an aggregate can be files; a file is no answer with data in it."""
    reply = await hamlet.editor("GET", "/items/articles?export=csv&fields=id,author.name&limit=4&sort=-id&offset=1")
    assert reply.text == '"id","author.name"\n4,\n3,"Ada"\n2,"Bob"\n1,"Ada"'
    assert (await hamlet.editor("GET", "/items/articles/1?export=json&fields=id")).json == {"id": 1}
    reply = await hamlet.editor("GET", "/items/articles?export=yaml&aggregate[count]=*")
    assert reply.text == '- count: "5"\n'
