"""The documentation holds what the program has: generated pages are up to date, and no link leads nowhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from commonhold.core.problems import SENTENCES
from commonhold.http.statuses import STATUS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", ["problems", "roles", "native-api", "limits"])
def test_generated_pages_are_what_the_program_says(name: str) -> None:
    """``scripts/make-docs`` wrote the page, after the last change."""
    command = [sys.executable, str(ROOT / "scripts" / "make-docs"), "--show", name]
    out = subprocess.run(command, check=True, capture_output=True).stdout.decode()

    assert out == (ROOT / "docs" / "reference" / f"{name}.md").read_text("utf-8"), "run scripts/make-docs"


def test_every_problem_says_what_to_do() -> None:
    """Each sentence ends as a sentence; codes that a client can meet have a status."""
    assert [code for code, sentence in SENTENCES.items() if not sentence.endswith(".")] == []
    assert set() == set(STATUS) - set(SENTENCES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that is there."""
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_every_decision_is_in_the_index() -> None:
    """The list of decisions names each page."""
    index = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    missing = [page.name for page in (ROOT / "docs" / "decisions").glob("0*.md") if page.name not in index]

    assert missing == [], "add a line to docs/decisions/README.md"
