"""The lanes themselves: what is missing is named, and a skip can be made a failure."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SKIPPING = """
import pytest

@pytest.mark.debian("no-such-tool")
def test_needs_a_tool():
    raise AssertionError("it ran")

def test_plain():
    pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Make a small project with one test that cannot run here and one that can."""
    pytester.makepyfile(SKIPPING)
    pytester.makeini("[pytest]\nmarkers =\n    debian: needs a tool\nasyncio_default_fixture_loop_scope = function\n")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the workers of xdist
    monkeypatch.delenv("COMMONHOLD_NO_SKIP", raising=False)
    return pytester


def test_missing_tool_is_named(run: pytest.Pytester) -> None:
    """A test whose tool is missing is skipped, the reason names the tool, and the run passes."""
    result = run.runpytest_inprocess("-p", "tests.lanes", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*needs no-such-tool (Debian's packages)*"])
    assert result.ret == 0


@pytest.mark.parametrize(
    "workers",
    [pytest.param([], id="alone"), pytest.param(["-n", "1"], id="xdist", marks=pytest.mark.slow)],
)
def test_skip_can_fail_the_run(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: list[str]) -> None:
    """With COMMONHOLD_NO_SKIP=1 a skipped test fails the run and is listed, with and without workers."""
    monkeypatch.setenv("COMMONHOLD_NO_SKIP", "1")
    result = run.runpytest_inprocess("-p", "tests.lanes", *workers)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*these were skipped*", "*no-such-tool*"])


def test_a_large_package_is_asked_for(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that needs a large package runs where somebody asked for it, and else names what to set."""
    run.makepyfile("import pytest\n\n@pytest.mark.arcgis\ndef test_large():\n    pass\n")
    run.makeini("[pytest]\nmarkers =\n    arcgis: large\nasyncio_default_fixture_loop_scope = function\n")
    monkeypatch.delenv("COMMONHOLD_ARCGIS", raising=False)
    result = run.runpytest_inprocess("-p", "tests.lanes", "-rs")
    result.stdout.fnmatch_lines(["*needs COMMONHOLD_ARCGIS=1*"])
    monkeypatch.setenv("COMMONHOLD_ARCGIS", "1")
    run.runpytest_inprocess("-p", "tests.lanes").assert_outcomes(passed=1)
