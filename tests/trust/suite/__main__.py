"""Every lane of the tests, and of each law all its examples: ``python -m tests.trust.suite [--seed S]``."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.trust.long import asked


def main() -> int:
    """Run them once, whatever the minutes."""
    long = asked("suite")
    with TemporaryDirectory() as place:
        told = Path(place) / "told.xml"
        seed = f"--hypothesis-seed={long.seed}"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "", seed, f"--junit-xml={told}"]
        done = subprocess.run(command, env={**os.environ, "COMMONHOLD_WHOLE": "1"}, stdout=sys.stderr, check=False)
        suite = ET.parse(told).getroot()[0] if told.exists() else ET.Element("testsuite")
    cases = [case for case in suite.iter("testcase") if {"failure", "error"} & {part.tag for part in case}]
    long.failures += [f"{case.get('classname')}::{case.get('name')}" for case in cases]
    if done.returncode and not cases:
        long.failures.append(f"pytest ended with {done.returncode}")
    long.add("the whole suite", {"tests": int(suite.get("tests", 0)), "skipped": int(suite.get("skipped", 0))})
    return long.end()


if __name__ == "__main__":
    sys.exit(main())
