"""Dates as people type them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from commonhold.cli.exits import Mistyped
from commonhold.cli.moments import read_end, read_start, shown


@pytest.fixture(autouse=True)
def in_vienna() -> Iterator[None]:
    """Be somewhere: an hour east of Greenwich in winter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Vienna")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("7d", {"life": "7d"}),
        ("90s", {"life": "90s"}),
        ("2026-12-31", {"until": "2027-01-01T00:00:00+01:00"}),
        ("2026-12-31T18:00", {"until": "2026-12-31T18:00:00+01:00"}),
        ("2026-07-01T18:00:00", {"until": "2026-07-01T18:00:00+02:00"}),
        ("2026-12-31T18:00Z", {"until": "2026-12-31T19:00:00+01:00"}),
    ],
)
def test_ends(text: str, terms: dict[str, str]) -> None:
    """A duration stays one; an end on a day is the end of that day here; a moment is one here unless it says where."""
    assert read_end(text) == terms


@pytest.mark.parametrize(
    "text", ["", "7", "d7", "tomorrow", "2026-13-01", "2026-02-30", "0001-01-01T00:00", "9999-12-31"]
)
def test_no_dates(text: str) -> None:
    """What is no date, or none that can be told, is refused."""
    with pytest.raises(Mistyped):
        print(read_end(text))


def test_starts() -> None:
    """A start is the first moment of a day, a moment, or a time from now."""
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert read_start("2026-12-01") == "2026-12-01T00:00:00+01:00"
    assert read_start("2026-12-01T08:30") == "2026-12-01T08:30:00+01:00"
    assert datetime.fromisoformat(read_start("90m", now)) == now + timedelta(minutes=90)


def test_shown() -> None:
    """A moment of the API is shown in local time, to the minute; none as nothing."""
    assert shown("2026-12-31T23:30:15.123Z") == "2027-01-01 00:30"
    assert shown(None) == ""
