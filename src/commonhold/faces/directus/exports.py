"""Rows as files: CSV, JSON, XML and YAML."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

import msgspec
from starlette.responses import Response

from commonhold.faces.directus.replies import JSON, encode

_TYPES: Final = {"csv": "text/csv", "csv_utf8": "text/csv", "xml": "text/xml", "yaml": "text/yaml"}
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_PLAIN: Final = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_@/()+.-]| (?=[A-Za-z0-9_(]))*")
_AMBIGUOUS: Final = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"))


def exported(data: Any, form: str, name: str, now: int) -> Response:
    """Answer with data as a file of a form; ``name`` is the collection's, ``now`` in milliseconds."""
    rows = data if isinstance(data, list) else [data]
    text: str | bytes
    match form:
        case "csv":
            text = csv(rows)
        case "csv_utf8":
            text = "\ufeff" + csv(rows)
        case "xml":
            text = xml(data)
        case "yaml":
            text = yaml(data)
        case _:
            text = encode(data)
    stamp = datetime.fromtimestamp(now // 1000, UTC).strftime("%Y%m%d-%H%M%S")
    kind = f"{_TYPES[form]}; charset=utf-8" if form in _TYPES else JSON
    disposition = f'attachment; filename="{name} {stamp}.{form.partition("_")[0]}"'
    return Response(text, headers={"content-disposition": disposition, "content-type": kind})


def csv(rows: list[dict[str, Any]]) -> str:
    """Write rows with a line of names; fields of related rows are named with a dot."""
    flat = [dict(_flat(row, "")) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    related = {name.rpartition(".")[0] for name in names}
    names = [name for name in names if name not in related]  # a row that has no related one has nothing to say there
    if not names:
        return ""
    lines: list[list[Any]] = [names, *([row.get(name) for name in names] for row in flat)]
    return "\n".join(",".join(map(_cell, line)) for line in lines)


def _flat(row: dict[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return encode(value).decode()
    text = value if isinstance(value, str) else encode(value).decode()
    return '"' + text.replace('"', '""') + '"'


def xml(data: Any) -> str:
    """Write data as XML: what is in a list has the name of the list."""
    if isinstance(data, list):
        body = "".join(_element("data", one, 1) for one in data)
        return f"<?xml version='1.0'?>\n<data>\n{body}</data>" if body else "<?xml version='1.0'?>\n<data/>"
    return f"<?xml version='1.0'?>\n{_element('data', data, 0).rstrip()}"


def _element(name: str, value: Any, depth: int) -> str:
    space = "    " * depth
    name = name if _XML_NAME.fullmatch(name) else "field"
    if isinstance(value, list):
        return "".join(_element(name, one, depth) for one in value)
    if isinstance(value, dict):
        body = "".join(_element(inner, one, depth + 1) for inner, one in value.items())
        return f"{space}<{name}>\n{body}{space}</{name}>\n" if body else f"{space}<{name}/>\n"
    text = value if isinstance(value, str) else encode(value).decode()
    return f"{space}<{name}>{escape(_NO_XML.sub('', text))}</{name}>\n" if text else f"{space}<{name}/>\n"


def yaml(data: Any) -> str:
    """Write data as YAML."""
    return "\n".join(_yaml(data, "")) + "\n"


def _yaml(value: Any, space: str) -> Iterator[str]:
    """Yield the lines of a value; texts that could be read as something else are quoted."""
    if isinstance(value, list) and value:
        for one in value:
            first, *rest = _yaml(one, space + "  ")
            yield f"{space}- {first.lstrip()}"
            yield from rest
    elif isinstance(value, dict) and value:
        for name, one in value.items():
            if isinstance(one, dict | list) and one:
                yield f"{space}{_scalar(name)}:"
                yield from _yaml(one, space + "  ")
            else:
                yield f"{space}{_scalar(name)}: {_scalar(one)}"
    else:
        yield space + _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _AMBIGUOUS:
        return value
    return msgspec.json.encode(value).decode()
