"""Lanes: a test that needs more than Python says so by its marker, and is skipped by name where that is missing.

``node``, ``chromium`` and ``debian("tool", ...)`` name what a test needs of the machine, ``arcgis`` a large package
that is installed for it, once, with ``COMMONHOLD_ARCGIS=1``. With ``COMMONHOLD_NO_SKIP=1``
(as ``.ci/run`` sets it, having installed everything) a skipped test fails the run, so that no lane falls silent.
"""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

NO_SKIP = "COMMONHOLD_NO_SKIP"
ARCGIS = "COMMONHOLD_ARCGIS"
CHROMIUM = Path("/usr/bin/chromium")


def missing(marker: pytest.Mark) -> str | None:
    """Say what the machine lacks for this marker, or None where nothing is lacking."""
    if marker.name == "node":
        return None if shutil.which("node") else "needs Node.js (the package nodejs)"
    if marker.name == "chromium":
        if not CHROMIUM.exists():
            return f"needs Chromium at {CHROMIUM} (Debian's package chromium)"
        return None if importlib.util.find_spec("playwright") else "needs playwright (uv's --group browser)"
    if marker.name == "arcgis":
        wanted = os.environ.get(ARCGIS) == "1"
        return None if wanted else f"needs {ARCGIS}=1, with which the Python client of ArcGIS (639 MB) is installed"
    if marker.name == "debian":
        lacking = [tool for tool in marker.args if not shutil.which(tool)]
        return f"needs {', '.join(lacking)} (Debian's packages)" if lacking else None
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip each test whose lane this machine does not have, naming what is missing."""
    for item in items:
        for marker in list(item.iter_markers()):
            reason = missing(marker)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


def skipped(config: pytest.Config) -> list[str]:
    """Return the reports of all tests and modules that were skipped, as text."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):  # a worker of xdist: its controller counts
        return []
    return [f"{report.nodeid}: {report.longrepr[2]}" for report in reporter.stats.get("skipped", [])]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that was asked to skip nothing and skipped something."""
    if os.environ.get(NO_SKIP) == "1" and skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was skipped, where skipping is a failure."""
    names = skipped(terminalreporter.config)
    if os.environ.get(NO_SKIP) == "1" and names:
        terminalreporter.section(f"{NO_SKIP}=1, and these were skipped: install what they need", red=True)
        for name in names:
            terminalreporter.line(name)
