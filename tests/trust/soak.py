"""All long forms, each in a process of its own: ``scripts/soak [--minutes N] [--seed S] [--write-docs] [parts...]``.

A part that fails is told, and the next one is run all the same. Figures go to a file as JSON, and with ``--write-docs``
into ``docs/reliability.md``, between its markers.
"""

import argparse
import datetime
import json
import os
import platform
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "reliability.md"
FIGURES: Final = ROOT / "soak.json"
BEGIN: Final = "<!-- figures of scripts/soak: begin -->"
END: Final = "<!-- figures of scripts/soak: end -->"

PARTS: Final[dict[str, list[str]]] = {
    "matrix": ["tests.trust.matrix", "--all"],
    "machines": ["tests.trust.machines"],
    "races": ["tests.trust.races"],
    "faults": ["tests.trust.faults"],
    "fuzz": ["tests.trust.fuzz"],
    "suite": ["tests.trust.suite"],
}
"""Part → its module, and arguments of its own."""

EXPECTED: Final = {
    "withdraw ×": "Every read that begins after the acknowledgement is refused, in every process.",
    "withdraw above": "The share below ends with the one above, in every process.",
    "membership": "No write that begins after the removal is taken.",
    "password change": "The pass that was got for the old password opens nothing.",
    "suspension": "The token of a suspended account opens nothing.",
    "token withdrawal": "A token that was withdrawn opens nothing.",
    "200 opens": "Exactly 50 get in; 150 are told that the link is used up.",
    "two batches": "One of them holds as a whole; the other is repeated or told `conflict`.",
    "one Idempotency": "One effect; the same report 20 times.",
    "two withdraws": "The share ends; at least one of them is told so.",
    "share × move": "Both are done; nobody has more than both said.",
    "uploads under": "One file, with the bytes of the one that was told 201; 409 for the others.",
    "quota": "As many as fit, whole; 507 for the others; the counter is exact.",
    "kill -9": "Everything acknowledged is there, nothing is half; the database is sound, every blob has its bytes.",
    "disk full": "507 for writes (503 where the database cannot tell why), reads go on; afterwards everything goes on.",
    "PostgreSQL": "503 while it is away; nothing acknowledged is lost.",
    "S3 hangs": "503 within twice the time-out of 30 s; nothing half; others are answered.",
    "S3 stalls": "A slow client gets all of it; a download that brings nothing any more is cut.",
    "SMTP": "Shares are answered at once; mails wait, and go when the server is well.",
    "clock": "What is over stays over; numbers are new; nobody stays locked out.",
    "slow clients": "408, or cut; others are answered.",
    "idle": "Held, and closed after `patience.headers`; others are answered.",
    "broken pipes": "No open file is left; the next one gets all of it.",
    "malformed": "400, 4xx or closed; never 5xx.",
    "the whole suite": "Every test passes, each law with all its examples.",
    "all grammars": "An answer or a refusal; 0 answers in the 5xx; memory bounded.",
}
"""What is expected of whatever begins with these words."""


def run(part: str, minutes: float, seed: int) -> dict[str, Any]:
    """Run a part in a process of its own, and return its figures."""
    command = [sys.executable, "-m", *PARTS[part], "--seed", str(seed)]
    if "--all" not in command:
        command += ["--minutes", str(minutes)]
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    found: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            found = json.loads(line)
    seconds = round(time.monotonic() - began, 1)
    shown = " ".join(["python", "-m", *command[2:]])
    return {"part": part, "code": done.returncode, "seconds": seconds, "command": shown, **found}


def rows(found: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Return the rows of the table: what, what is expected, figures, command."""
    table = []
    for one in found:
        plain = {
            name: value for name, value in one.items()
            if isinstance(value, int | float) and name not in ("seed", "seconds", "code", "minutes")
        }  # fmt: skip
        for name, figures in (one.get("figures") or {one["part"]: plain}).items():
            expected = next((said for begin, said in EXPECTED.items() if name.startswith(begin)), "")
            told = ", ".join(
                f"{key}: {value:,}" if isinstance(value, int) else f"{key}: {value}" for key, value in figures.items()
            )
            table.append((name, expected, told, f"`scripts/soak {one['part']}`"))
    return table


def page(text: str, found: list[dict[str, Any]]) -> str:
    """Return a page with these figures between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    when = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    )
    lines = [
        f"Run of {when} on {machine}:",
        "",
        "| part | seconds | seed | failures | command |",
        "|---|---|---|---|---|",
    ]
    for one in found:
        failed = len(one.get("failures", ())) or one.get("wrong", 0) or (1 if one["code"] else 0)
        lines.append(f"| {one['part']} | {one['seconds']} | {one.get('seed', '')} | {failed} | `{one['command']}` |")
    lines += ["", "| what happens | expected | figures | command |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows(found)]
    return f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}"


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each part")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--write-docs", action="store_true", help="put the figures into docs/reliability.md")
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    given = parser.parse_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]}: {', '.join(PARTS)}")
    found = []
    for part in given.parts or PARTS:
        print(f"== {part}", file=sys.stderr, flush=True)
        found.append(run(part, given.minutes, given.seed))
        FIGURES.write_text(json.dumps(found, indent=1), encoding="utf-8")
    for row in rows(found):
        print(f"{row[0]}: {row[2]}")
    for one in found:
        print(f"{one['part']}: {one['seconds']} s, {'FAILED' if one['code'] else 'good'}")
        for failure in one.get("failures", ()):
            print(f"  {failure}")
    if given.write_docs:
        PAGE.write_text(page(PAGE.read_text("utf-8"), found), encoding="utf-8")
    return 1 if any(one["code"] for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
