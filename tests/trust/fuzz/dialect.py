"""The Directus dialect's own languages: filters, global query parameters, GraphQL."""

from collections.abc import Callable
from typing import Any

from tests.trust.fuzz.values import JSON, PEOPLE, Case, Draw, plussed, routed

OPS = ("_eq", "_neq", "_lt", "_lte", "_gt", "_gte", "_in", "_nin", "_null", "_nnull", "_contains", "_icontains",
       "_ncontains", "_starts_with", "_nstarts_with", "_ends_with", "_between", "_nbetween", "_empty", "_nempty",
       "_regex", "_intersects", "_some", "_none", "_and", "_or", "_not")  # fmt: skip
FIELDS = ("id", "text", "hidden", "notes", "user_created", "role", "collection", "item", "date_start", "name", "email",
          "year(id)", "count(text)", "month(date_created)", "*", "*.*", "$thumbs", "item:notes", "a.b.c.d")  # fmt: skip
DYNAMIC = ("$NOW", "$NOW(-1 day)", "$NOW(+99999999 years)", "$NOW(x)", "$CURRENT_USER", "$CURRENT_ROLE",
           "$CURRENT_POLICIES", "$CURRENT_USER.role.name", "$FOLLOW(notes,id)")  # fmt: skip


def _filter(d: Draw, depth: int) -> Any:
    if depth <= 0 or d.chance(0.1):
        return d.one(*DYNAMIC) if d.chance(0.2) else d.value("directus", 1)
    if d.chance(0.3):
        return {d.one("_and", "_or"): [_filter(d, depth - 1) for _ in range(d.rng.randrange(4))]}
    if d.chance(0.5):
        return {d.one(*FIELDS): {d.one(*OPS): _filter(d, depth - 2)}}
    return {d.one(*FIELDS, *OPS): _filter(d, depth - 1)}


def _listing(d: Draw) -> dict[str, Any]:
    """Global query parameters of the Directus dialect."""
    parts: dict[str, Callable[[], Any]] = {
        "filter": lambda: _filter(d, d.rng.randrange(1, 7)),
        "fields": lambda: d.some(FIELDS, 4),
        "sort": lambda: [d.one("", "-", "?", "--") + one for one in d.some(FIELDS, 3)],
        "limit": d.number, "offset": d.number, "page": d.number, "search": d.text,
        "meta": lambda: d.one("*", "total_count", "filter_count", "x"),
        "aggregate": lambda: {d.one("count", "sum", "avg", "min", "countDistinct", "x"): d.one(*FIELDS)},
        "groupBy": lambda: d.some(FIELDS, 3), "alias": lambda: {d.text(): d.one(*FIELDS)},
        "deep": lambda: {d.one(*FIELDS): {d.one("_filter", "_sort", "_limit", "_x"): _filter(d, 2)}},
        "export": lambda: d.one("csv", "json", "xml", "yaml", "csv_utf8", "x"), "version": d.text,
        "backlink": lambda: d.one("true", "false", 1),
    }  # fmt: skip
    return {name: parts[name]() for name in d.some(tuple(parts), 4)}


def filters(d: Draw) -> Case:
    """Filters and global query parameters of the Directus dialect: in the query, in brackets, and in SEARCH."""
    where = d.one(
        "/items/notes", "/items/notes/1", "/shares", "/users", "/roles", "/files", "/permissions", "/policies"
    )
    found = _listing(d)
    who = d.one(*PEOPLE)
    if d.chance(0.3):
        return Case("SEARCH", where, headers=(JSON,), body=d.json({"query": found}), who=who)
    pairs = []
    for name, value in found.items():
        if d.chance(0.3):
            pairs += _bracketed(d, name, value)
        else:
            text = ",".join(map(str, value)) if isinstance(value, list) else d.json(value).decode("utf-8", "replace")
            pairs.append((name, text))
    return Case("GET", where, "&".join(f"{plussed(name)}={plussed(text)}" for name, text in pairs), who=who)


def _bracketed(d: Draw, name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict) and value:
        return [pair for key, one in value.items() for pair in _bracketed(d, f"{name}[{key}]", one)]
    if isinstance(value, list) and value:
        return [pair for at, one in enumerate(value) for pair in _bracketed(d, f"{name}[{d.one(at, '')}]", one)]
    return [(name + d.one("", "", "[", "]", "[]", "[" * 50), str(value))]


def directus(d: Draw) -> Case:
    """Any route of the Directus dialect with any JSON."""
    method, path = routed(d, "directus")
    query = "&".join(f"{name}={plussed(str(value))}" for name, value in _listing(d).items()) if d.chance(0.4) else ""
    body = d.value("directus") if d.chance(0.2) else d.fields("directus")
    return Case(method, path, query, (JSON,), d.json(body), d.one(*PEOPLE))


def _selection(d: Draw, depth: int) -> str:
    names = ("id", "text", "hidden", "__typename", "notes", "users_me", "users", "shares", "__schema", "types", "name")
    parts = []
    for _ in range(d.rng.randrange(1, 4)):
        name = d.one(*names, d.text()[:10])
        alias = f"{d.one('a', 'b', '_', '1')}: " if d.chance(0.2) else ""
        given = f"({d.one('filter', 'limit', 'sort', 'id', 'x')}: {_graphql_value(d, 3)})" if d.chance(0.3) else ""
        marked = f" @{d.one('include', 'skip', 'x')}(if: {d.one('true', '$a', '1')})" if d.chance(0.1) else ""
        below = " {" + _selection(d, depth - 1) + "}" if depth and d.chance(0.5) else ""
        parts.append(d.one("", "", "", "... on notes { id } ", "...F ") + alias + name + given + marked + below)
    return " ".join(parts)


def _graphql_value(d: Draw, depth: int) -> str:
    if depth and d.chance(0.4):
        return "{" + f"{d.one(*FIELDS, *OPS)}: {_graphql_value(d, depth - 1)}" + "}"
    return str(
        d.one(
            "1",
            "-1",
            "1e99",
            '"x"',
            '"""b"""',
            "$a",
            "null",
            "true",
            "ENUM",
            "[1, 2]",
            "[[[]]]",
            '"\\ud800"',
            "99999999999",
        )
    )


def graphql(d: Draw) -> Case:
    """GraphQL: documents that make sense, deep ones, and broken ones."""
    head = d.one(
        "query", "query Q", "query Q($a: Int)", "query ($a: notes_filter = {})", "mutation", "subscription", ""
    )
    text = f"{head} {{ {_selection(d, d.rng.randrange(1, 6))} }}"
    if d.chance(0.2):
        text += d.one(
            " fragment F on notes { id }", " fragment F on notes { ...F }", " fragment F on users { id ...G }", " }"
        )
    if d.chance(0.1):
        cut = d.rng.randrange(len(text))
        text = text[:cut] + d.one("{", "}", "(", '"', "#", "...", "$", "@", "{a" * 3000, "\0") + text[cut:]
    where = d.one("/graphql", "/graphql", "/graphql/system")
    variables = d.one(None, {"a": 1}, {"a": d.value("directus")}, d.text())
    if d.chance(0.3):
        return Case("GET", where, f"query={plussed(text)}&variables={plussed(str(variables))}", who=d.one(*PEOPLE))
    body = {"query": text, "variables": variables, "operationName": d.one(None, "Q", "x", 1)}
    return Case("POST", where, "", (JSON,), d.json(body), d.one(*PEOPLE))
