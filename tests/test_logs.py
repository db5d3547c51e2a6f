"""Logs: what stands in a line, and what never does."""

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from commonhold import logs


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Give the process its own handlers back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def listen(form: str = "json", level: str = "info") -> io.StringIO:
    """Set up logging into a text."""
    stream = io.StringIO()
    logs.setup(level, form, stream)
    return stream


def test_an_event_with_facts() -> None:
    """A line in JSON has time, level, part, event and facts."""
    out = listen()
    logs.get("work").info("mail.sent", outbox=7, to="a@example.org")
    line = json.loads(out.getvalue())
    assert line.pop("at").endswith("Z")
    assert line == {"level": "info", "part": "work", "event": "mail.sent", "outbox": 7, "to": "a@example.org"}


def test_level() -> None:
    """What lies below the level is not written."""
    out = listen(level="warning")
    log = logs.get("x")
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["c", "d"]


async def test_facts_of_a_request() -> None:
    """Bound facts stand in every line of their task, those of libraries too, and in no other task's."""
    out = listen()

    async def request(name: str) -> None:
        with logs.bound(request=name):
            await asyncio.sleep(0)
            logging.getLogger("library").info("said %s", name)

    await asyncio.gather(request("r1"), request("r2"))
    logs.get("x").info("after")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["event"], line.get("request")) for line in lines] == [
        ("said r1", "r1"),
        ("said r2", "r2"),
        ("after", None),
    ]


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize(
    "facts",
    [
        {"password": "swordfish"},
        {"link_secret": "swordfish"},
        {"headers": {"Authorization": "swordfish", "Cookie": ["swordfish"]}},
        {"access_token": "swordfish"},
        {"path": "/s/swordfish"},
        {"path": "/x/s/swordfish?a=1"},
        {"url": "http://h/app/reset/swordfish"},
        {"url": "http://h/items?limit=1&access_token=swordfish&x=2"},
        {"text": "sent Bearer swordfish"},
        {"nested": [{"refresh_token": "swordfish"}]},
        {"thing": Exception("GET /s/swordfish")},
    ],
)
def test_secrets_are_hidden(form: str, facts: dict[str, object]) -> None:
    """What looks like a secret, by its key or by where it stands in a text, is in no line."""
    out = listen(form)
    logs.get("x").info("it", **facts)
    logging.getLogger("library").warning("GET %s", "/s/swordfish")
    try:
        raise ValueError("token=swordfish")
    except ValueError:
        logs.get("x").exception("bad")
    assert "swordfish" not in out.getvalue()
    assert logs.HIDDEN in out.getvalue()


@pytest.mark.parametrize("key", ["outbox", "passes", "share", "keyboard", "author"])
def test_other_facts_are_shown(key: str) -> None:
    """What only sounds a little like a secret is shown."""
    assert logs.hide(key, "plain") == "plain"


@pytest.mark.parametrize("text", ["a\nb", "a\r\nERROR x", "\x1b[31m", "\u2028", "\u202e"])
def test_values_stay_in_their_line(text: str) -> None:
    """A value cannot begin a line of its own or move the cursor of a terminal, in either format."""
    for form in ("json", "console"):
        out = listen(form)
        logs.get("x").warning("it", name=text)
        logging.getLogger("library").warning(text)
        assert len(out.getvalue().splitlines()) == 2, form
        if form == "console":
            assert "\x1b" not in out.getvalue()


def test_an_error_for_people() -> None:
    """An exception follows its line with its traceback."""
    out = listen("console")
    try:
        raise KeyError("x")
    except KeyError:
        logs.get("work").exception("row.failed", outbox=3)
    first, *rest = out.getvalue().splitlines()
    assert first.endswith("error   work: row.failed outbox=3")
    assert rest[-1] == "KeyError: 'x'"


def test_logging_is_lean() -> None:
    """Logging loads neither structlog nor rich, which serving processes have no room for."""
    code = "import sys, commonhold.logs; print(*{m.split('.')[0] for m in sys.modules})"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"structlog", "rich"} & set(out)
