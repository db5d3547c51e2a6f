"""``python -m tests.trust.matrix [--all] [--minutes N] [--seed S] [--face F] [--only TEXT]``: cells, then JSON."""

import argparse
import asyncio
import sys

import msgspec
from tests.trust.matrix.factors import every, sample
from tests.trust.matrix.running import program

parser = argparse.ArgumentParser(prog="python -m tests.trust.matrix")
parser.add_argument("--all", action="store_true", help="every cell, not a sample of them")
parser.add_argument("--minutes", type=float, help="stop after so long; with it, every cell is asked in a random order")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--face", default="", help="cells of this face alone")
parser.add_argument("--only", default="", help="cells whose name holds this text")
given = parser.parse_args()

cells = every() if given.all or given.minutes or given.only else sample(given.seed)
chosen = [cell for cell in cells if cell.route.face.startswith(given.face) and given.only in str(cell)]
figures = asyncio.run(program(chosen, given.seed, given.minutes))
for line in figures["wrong"]:
    sys.stderr.write(f"{line[:700]}\n")
figures["wrong"] = len(figures["wrong"])
sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
raise SystemExit(1 if figures["wrong"] else 0)
