"""No secret stands where it does not belong: known ones are put in everywhere, and what comes out is swept."""

import asyncio
import contextlib
import tarfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from tests.cli.conftest import in_process
from tests.cli.running import command as program
from tests.house.source import ROOT
from tests.trust.canaries import ENVIRONMENT, GIVEN, Haul, found, haul

pytestmark = pytest.mark.slow

MANAGERS: Final = ("alice", "root")
NATIVE: Final = "docs/reference/native-api.md: a link is told to those who may change it"

ALLOWED: Final[dict[tuple[str, str], str]] = {
    ("link", "GET /api/v1/shares"): NATIVE,
    ("link", "GET /api/v1/shares/{share}"): NATIVE,
    ("link", "GET /api/v1/items/{item}/shares"): NATIVE,
    (
        "link",
        "GET /app/shares/{share}/details",
    ): "docs/how-to/link-terms.md: the page of a link, to those who change it",
    ("link", "GET /share/shares"): "docs/reference/puter.md: the address of a link, to those who manage it",
    ("link", "GET /rest/folder_entries/{id}/shares"): "docs/reference/filr.md: permalinks of one's own link",
}
"""Secret and route → the document that wants it told there; to ``MANAGERS`` alone."""

AT_REST: Final = {
    "link by its id": "docs/decisions/0105-shares-as-directus-has-them.md: the id of a share, as each item has one",
}
"""What stands in the database by itself: everything else is kept as a digest or is computed."""

IN_LETTERS: Final = {
    ("reset", "letter to reset"): "docs/how-to/mail.md: the letter that was asked for",
    ("entry", "letter to enter"): "docs/how-to/mail.md: the letter that was asked for",
    ("share", "letter to enter"): "docs/how-to/mail.md: the way in for an address without an account",
}
"""Kind of letter and the secret that its text holds, for the one it goes to."""

COMMANDS: Final = (
    "doctor",
    "user list",
    "shares list",
    "token list bob",
    "webhook list",
    "group list",
    "item ls /alice",
    "item trash",
    "audience /alice/a.txt",
    "user add bob",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the data directory stands."""
    return tmp_path_factory.mktemp("canaries")


@pytest.fixture(scope="module")
def caught(place: Path) -> Haul:
    """All that was said and kept."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(haul(place / "data"))).result()


def test_the_secrets_are_there(caught: Haul) -> None:
    """There is a secret of each kind, and each is long enough not to be found by chance."""
    made = {"link", "pass", "session", "personal token", "refresh token", "webhook secret", "instance key"}
    sent = {"letter to reset", "letter to enter", "letter to verify", "link by its id"}
    assert made | sent | GIVEN.keys() <= caught.secrets.keys()
    assert all(len(secret) >= 14 for secret in caught.secrets.values())
    assert len({told.route for told in caught.told}) > 300
    assert len(caught.mails) >= 3


def test_no_reply_holds_a_secret(caught: Haul) -> None:
    """No reply of any route tells a secret that was not sent with the request, but those that a document names."""
    wrong = set()
    for told in caught.told:
        for name in found(caught, told.reply):
            sent = caught.secrets[name] in told.sent
            shown = (name, told.route) in ALLOWED and told.who in MANAGERS
            managed = name == "link by its id" and told.who in MANAGERS
            if not (sent or shown or managed):
                wrong.add((told.who, told.route, name))
    assert not wrong


def test_what_is_allowed_happens(caught: Haul) -> None:
    """Each entry of the table is needed, and names a document that there is."""
    told = {(name, one.route) for one in caught.told if one.who in MANAGERS for name in found(caught, one.reply)}
    assert ALLOWED.keys() <= told
    for document in [*ALLOWED.values(), *AT_REST.values(), *IN_LETTERS.values()]:
        assert (ROOT / document.partition(":")[0]).is_file(), document


def test_no_line_of_the_log_holds_a_secret(caught: Haul) -> None:
    """At the most talkative level no line holds a secret, though each was used rightly, wrongly and in odd places."""
    assert caught.log.count('"request"') > 1000
    lines = [line for line in caught.log.splitlines() if found(caught, line)]
    assert not lines, lines[:5]


def test_nothing_at_rest_holds_a_secret(caught: Haul, place: Path) -> None:
    """No file of the data directory holds a secret but the key's own: neither the database nor what is beside it."""
    names = {path.name for path in (place / "data").rglob("*") if path.is_file()}
    assert {"commonhold.db", "instance.key"} <= names
    for path in sorted((place / "data").rglob("*")):
        if path.is_file() and path.name != "instance.key":
            assert found(caught, path.read_bytes().decode("latin-1"), *AT_REST) == set(), path.name
    assert (place / "data" / "instance.key").stat().st_mode & 0o077 == 0


def test_no_event_hook_or_measurement_holds_a_secret(caught: Haul) -> None:
    """What is told of what happened, to administrators, other programs and monitors, names things by number."""
    assert caught.events.count("\n") > 5
    assert caught.hooks
    assert "commonhold" in caught.metrics
    for text in (caught.events, caught.metrics, *caught.hooks):
        assert found(caught, text) == set(), text[:500]


def test_letters_hold_what_they_are_for(caught: Haul) -> None:
    """A letter holds the secret that it was written for, in its text; no subject or other header holds any."""
    seen = set()
    for kind, headers, text in caught.mails:
        assert found(caught, headers) == set(), headers
        held = {(kind, name) for name in found(caught, text)}
        assert held <= IN_LETTERS.keys(), held
        seen |= held
    assert seen


def unpacked(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what is in a backup, packed things unpacked."""
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            data = file.read() if file else b""
            with contextlib.suppress(zlib.error):
                data = zlib.decompress(data, wbits=47)
            yield member.name, data.decode("latin-1")


def test_backup_and_export_hold_no_secret(caught: Haul, place: Path) -> None:
    """A backup holds the key sealed, and no other secret; an export holds none at all."""
    passphrase = {"COMMONHOLD_PASSPHRASE": "canary-passphrase-1d55"}
    for what, to in (("backup", place / "all.tar"), ("export", place / "all.jsonl")):
        ran = program(what, str(to), "--data", str(place / "data"), stdin="", cwd=None, **passphrase)
        assert ran.code == 0, ran.err
    parts = dict(unpacked(place / "all.tar"))
    assert len(parts) > 1
    for name, text in parts.items():
        assert found(caught, text, *AT_REST) == set(), name
        assert "canary-passphrase" not in text
    exported = (place / "all.jsonl").read_text()
    assert "alice" in exported
    assert found(caught, exported, *AT_REST) == set()


def test_the_command_line_tells_no_secret(caught: Haul, place: Path) -> None:
    """No command prints a secret of the settings or of the installation; neither does one that is refused."""
    for arguments in COMMANDS:
        ran = in_process(*arguments.split(), "--data", str(place / "data"))
        assert found(caught, ran.out + ran.err, *AT_REST) == set(), arguments
    told = program("check-config", "--data", str(place / "data"), stdin="", cwd=None, **ENVIRONMENT)
    assert "smtp" in told.out + told.err
    assert found(caught, told.out + told.err) == set()
