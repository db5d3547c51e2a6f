"""Tables of cases: one JSON object a line."""

from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent / "cases"


def cases(name: str) -> dict[str, dict[str, Any]]:
    """Return the cases of a file by name."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return {case["name"]: case for case in map(msgspec.json.decode, lines)}
