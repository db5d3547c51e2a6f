"""The long run: every part is there, and its figures come into the page."""

import importlib.util

from tests.trust.soak import BEGIN, END, PAGE, PARTS, page, rows


def test_every_part_is_a_program() -> None:
    """Each part is a module that can be run."""
    assert [
        name for name, (module, *_) in PARTS.items() if importlib.util.find_spec(f"{module}.__main__") is None
    ] == []


def test_figures_come_between_the_markers() -> None:
    """What is written by hand stays, the figures of the last run are replaced."""
    found = [{"part": "faults", "code": 0, "seconds": 1.0, "command": "x", "seed": 7,
              "figures": {"kill -9": {"kills": 2000, "lost or half-made": 0}}}]  # fmt: skip
    once = page(f"before {BEGIN} old {END} after", found)
    assert once == page(once, found)
    assert once.startswith(f"before {BEGIN}")
    assert once.endswith(f"{END} after")
    assert "old" not in once
    assert rows(found)[0][2] == "kills: 2,000, lost or half-made: 0"
    assert "Everything acknowledged is there" in once


def test_the_page_has_markers() -> None:
    """There is a place for the figures."""
    text = PAGE.read_text("utf-8")
    assert text.index(BEGIN) < text.index(END)
