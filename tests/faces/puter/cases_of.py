"""Tables of cases: one JSON object a line, once for each form that it names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from tests.faces.puter.town import Town

FOLDER = Path(__file__).parent / "cases"
_UID = re.compile(r"\{uid:([^}]+)\}")
_TYPED = {"paths": {}, "things": {"type": "fsitem"}, "shares": {"$": "fs-share"}}


def cases(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the cases of a file with their names; ``files`` stands for the key of each form of ``forms``."""
    for line in (FOLDER / name).read_text(encoding="ascii").splitlines():
        case = msgspec.json.decode(line)
        for form in case.pop("forms", [None]):
            yield (case["name"], case) if form is None else (f"{form}: {case['name']}", _as(form, case))


def _as(form: str, case: dict[str, Any]) -> dict[str, Any]:
    """Return a case in one form: what is shared is typed as that form wants it, and told under its key."""
    text = msgspec.json.encode(case).decode().replace("{key}", form)
    found = msgspec.json.decode(text)
    body = found["body"]
    files = body.pop("files")
    typed = [{**_TYPED[form], **one} for one in files] if isinstance(files, list) else {**_TYPED[form], **files}
    body[form] = typed
    if "files" in found:
        found["shares" if form == "shares" else "paths"] = found.pop("files")
    return found


def filled(town: Town, case: dict[str, Any]) -> dict[str, Any]:
    """Return a case with the uids that it names."""
    text = msgspec.json.encode(case).decode()
    found: dict[str, Any] = msgspec.json.decode(_UID.sub(lambda match: town.uid(match[1]), text))
    return found
