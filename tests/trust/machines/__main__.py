"""``python -m tests.trust.machines --minutes N --seed S``: histories over all engines, and figures as JSON."""

import argparse
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

import msgspec
from tests.postgres import OwnServer, lacking
from tests.trust.machines.engines import drive, in_files, in_memory, in_postgres

parser = argparse.ArgumentParser(prog="python -m tests.trust.machines")
parser.add_argument("--minutes", type=float, default=1.0)
parser.add_argument("--seed", type=int, default=1)
given = parser.parse_args()

random.seed(given.seed)  # hypothesis takes its own seed from here
end = time.monotonic() + 60 * given.minutes
began, steps, failures, rounds = time.monotonic(), 0, 0, 0
server = None
if lacking() is None:
    server = OwnServer()
    server.start()
with tempfile.TemporaryDirectory() as folder:
    makers = [in_memory, in_files(Path(folder))]
    if server is not None:
        makers.append(in_postgres(server))
    while time.monotonic() < end and not failures:
        rounds += 1
        try:
            steps += drive(makers, examples=3, steps=20, faced=rounds % 2 == 0)
        except Exception:
            traceback.print_exc()
            failures += 1
if server is not None:
    server.stop()
seconds = round(time.monotonic() - began, 1)
figures = {"what": "machines", "seed": given.seed, "engines": len(makers), "steps": steps, "wrong": failures}
sys.stdout.write(msgspec.json.encode({**figures, "seconds": seconds}).decode() + "\n")
raise SystemExit(1 if failures else 0)
