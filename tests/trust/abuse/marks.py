"""How a test says over which faces it holds, and how the page of security tells it.

``python -m tests.trust.abuse.marks`` writes the table of ``docs/security.md`` anew.
"""

import re
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

ALL: Final = ("native", "web", "puter", "filr", "arcgis", "directus")
PAGE: Final = Path(__file__).parents[3] / "docs" / "security.md"
TABLE: Final[dict[str, dict[str, Any]]] = msgspec.json.decode(Path(__file__).with_name("cases.json").read_bytes())
BETWEEN: Final = re.compile(r"(?<=<!-- cases -->\n).*(?=<!-- /cases -->)", re.DOTALL)


def over(*names: str) -> Any:
    """Run a test once for each of these faces; its parameter is called ``face``."""
    return pytest.mark.parametrize("face", names)


def rows() -> str:
    """Return the table of cases as the page shows it."""
    found = []
    for number, case in TABLE.items():
        faces = [face for face, entry in case["faces"].items() if entry.startswith("tests/")]
        where = "all" if len(faces) == len(ALL) else ", ".join(faces) or "cannot be made here"
        found.append(f"| {number} | {case['record']} | {case['mistake']} | {where} |\n")
    return "| no | made by | mistake | tested over |\n|---|---|---|---|\n" + "".join(found)


if __name__ == "__main__":
    PAGE.write_text(BETWEEN.sub(lambda _: rows(), PAGE.read_text("utf-8")), "utf-8")
