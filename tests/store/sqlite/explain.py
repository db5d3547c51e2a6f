"""What SQLite says it will do for a statement, in short."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

STEP = re.compile(r"(SEARCH|SCAN) (\w+)(?: USING (?:COVERING )?(?:INDEX )?([\w ]+?)(?: \(([^)]*)\))?)?(?: LEFT-JOIN)?")
OF_STATEMENT = re.compile(r"(\w+) (?:\([^)]*\) )?AS \(")  # names that stand for a part of the statement itself


def plan(connection: sqlite3.Connection, sql: str, values: Sequence[Any] = ()) -> list[str]:
    """Return how a statement reaches rows of tables: ``table: index (columns)``, or the whole of another step."""
    return list(_steps(connection.execute(f"EXPLAIN QUERY PLAN {sql}", values), set(OF_STATEMENT.findall(sql))))


def _steps(rows: Iterator[Any], own: set[str]) -> Iterator[str]:
    for *_, text in rows:
        if "json_each" in text or "VIRTUAL TABLE" in text or text in ("SCAN CONSTANT ROW", "SETUP", "RECURSIVE STEP"):
            continue
        found = STEP.fullmatch(text)
        if found is None:
            if "BLOOM" in text or "FOR ORDER BY" in text or "AUTOMATIC" in text:
                yield text
        elif found[1] == "SEARCH" and "AUTOMATIC" not in text:
            index = re.sub("(INTEGER )?PRIMARY KEY", "key", found[3])
            yield f"{found[2]}: {index} ({found[4]})"
        elif found[2] not in own:
            yield text
