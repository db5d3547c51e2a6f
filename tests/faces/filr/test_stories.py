"""Shares of this dialect, story by story: every statement on them, in JSON and XML, on every engine."""

from typing import Any

import pytest
from tests.faces.filr.cases_of import Teller, stories
from tests.faces.filr.town import Town

FILES = ("shares.jsonl", "refused.jsonl", "recipients.jsonl", "admin.jsonl")
TABLE = {f"{file.removesuffix('.jsonl')}: {name}": story for file in FILES for name, story in stories(file)}


def told() -> list[Any]:
    """Every story in both forms; a few of them in the quick lane."""
    return [
        pytest.param(
            name, form, id=f"{form}-{name}", marks=() if story.get("quick") and form == "json" else pytest.mark.slow
        )
        for name, story in TABLE.items()
        for form in ("json", "xml")
        if story.get("form", form) == form
    ]


def test_stories_say_what_they_prove() -> None:
    """Each story names the statement that it proves; no two have the same name."""
    assert all(story["says"] for story in TABLE.values())
    assert sum(1 for file in FILES for _ in stories(file)) == len(TABLE)


@pytest.mark.parametrize(("name", "form"), told())
async def test_the_story(town: Town, name: str, form: str) -> None:
    """Each story goes as its steps say."""
    await Teller(town, form).play(TABLE[name])
