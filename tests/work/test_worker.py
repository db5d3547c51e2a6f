"""The worker before real mail servers: what arrives, what never does, and what a bad server does to nobody."""

import asyncio
import json
import logging
import re
import stat
from collections.abc import Iterator
from email.message import EmailMessage
from io import StringIO
from pathlib import Path

import pytest
from msgspec import structs
from tests.core.notices.street import Street, address
from tests.work.peer import Peer, Porter, listening

from commonhold import logs
from commonhold.core.directory.claims import guest_entry
from commonhold.core.identity import Actor
from commonhold.core.model import ROWS, Outbox
from commonhold.core.notices.outbox import MINUTE
from commonhold.core.sharing.managing import withdraw
from commonhold.settings import Secret, Settings, Smtp
from commonhold.work.worker import MAILS, Worker

SITE = "https://share.example.org"
ZOE = "zoe@example.net"


@pytest.fixture
async def street() -> Street:
    """Everybody moved in, nothing shared."""
    return await Street().build()


@pytest.fixture
def said() -> Iterator[StringIO]:
    """Everything that is logged, on all levels."""
    root, out = logging.getLogger(), StringIO()
    handlers, level = root.handlers[:], root.level
    logs.setup("debug", "json", out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)


def worker(street: Street, smtp: Smtp, data: Path | None = None) -> Worker:
    """Return a worker that sends to a mail server."""
    return Worker(street.core, Settings(base_url=SITE, smtp=smtp, data=data or Path("nowhere")))


def text_of(peer: Peer, to: str) -> str:
    """Return the text of the one mail that somebody got."""
    (message,) = [message for got, message in peer.mails if got == to]
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_a_mail_arrives_once(street: Street, said: StringIO) -> None:
    """A letter is handed over once, however often workers look; its log names recipient and subject, no secret."""
    async with listening() as peer:
        await street.share(street.bob, address(ZOE))
        await street.link("yan@example.net")
        for _ in range(3):
            await worker(street, peer.smtp).turn()
        assert sorted(to for to, _ in peer.mails) == ["bob@example.org", "yan@example.net", ZOE]
        assert await street.waiting() == []
        secrets = [re.findall(rf"{SITE}/\S+/(\S+)", text_of(peer, to))[0] for to in (ZOE, "yan@example.net")]
        everything = said.getvalue() + repr([await street.rows(table) for table in ROWS])
        assert not [secret for secret in secrets if secret in everything]
        sent = [line for line in map(json.loads, said.getvalue().splitlines()) if line["event"] == "mail.sent"]
        assert {line["to"] for line in sent} == {"bob@example.org", "yan@example.net", ZOE}
        assert {line["subject"] for line in sent} == {"Alice Archer shared “file 1.txt” with you"}
        guest = await guest_entry(street.core, secrets[0])
        assert guest.credential.principal is not None


async def test_several_workers(street: Street) -> None:
    """Workers that run at the same time never send the same letter."""
    people = [await street.person(f"p{n}", f"p{n}@example.org") for n in range(25)]
    async with listening() as peer:
        await street.share(*people)
        workers = [worker(street, peer.smtp) for _ in range(3)]
        for _ in range(4):
            await asyncio.gather(*(one.turn() for one in workers))
        assert sorted(to for to, _ in peer.mails) == sorted(f"p{n}@example.org" for n in range(25))


async def test_a_withdrawn_share_is_not_mailed(street: Street) -> None:
    """What is withdrawn before the mail leaves is never mailed."""
    async with listening() as peer:
        report = await street.share(street.bob)
        await withdraw(street.core, Actor(street.alice), [report.pairs[0].no or 0])
        assert await worker(street, peer.smtp).turn() == 1
        assert peer.mails == []
        assert await street.waiting() == []


async def waits(street: Street) -> Outbox:
    """Return the one row that waits."""
    (row,) = await street.waiting()
    return row


async def test_a_refused_address_is_given_up(street: Street) -> None:
    """An address that the server refuses for good is not tried again, and keeps nobody else from his mail."""
    async with listening() as peer:
        peer.answers["bob@example.org"] = "550 no such user"
        await street.share(street.bob, address(ZOE))
        await worker(street, peer.smtp).turn()
        assert [to for to, _ in peer.mails] == [ZOE]
        assert sorted(row.failed or "" for row in await street.rows()) == ["", "refused_recipient"]
        assert await street.waiting() == []


@pytest.mark.parametrize(
    ("where", "answer", "reason", "again"),
    [
        ("bob@example.org", "451 later", "refused_recipient", True),
        ("DATA", "451 later", "refused_mail", True),
        ("DATA", "554 we do not like this", "refused_mail", False),
    ],
)
async def test_refusals_of_servers(street: Street, where: str, answer: str, reason: str, again: bool) -> None:
    """What a server refuses for now is tried again, what it refuses for good is not; nothing is sent meanwhile."""
    async with listening() as peer:
        peer.answers[where] = answer
        await street.share(street.bob)
        await worker(street, peer.smtp).turn()
        (row,) = await street.rows()
        assert (row.failed, row.done_at is None, row.tries) == (reason, again, 1)
        peer.answers.clear()
        assert await worker(street, peer.smtp).turn() == 0
        street.clock.advance(MINUTE)
        assert await worker(street, peer.smtp).turn() == int(again)
        assert len(peer.mails) == int(again)


async def test_a_server_that_hangs(street: Street) -> None:
    """While a server keeps a mail hanging, sharing goes on; the mail is given another try later."""
    async with listening() as peer:
        peer.hang = True
        await street.share(street.bob)
        turn = asyncio.create_task(worker(street, peer.smtp).turn())
        await peer.asked.wait()
        report = await street.share(street.bob, files=street.files[1:2])
        assert report.refused() is None
        assert not turn.done()
        await turn
        assert (await street.rows())[0].failed == "timeout"
        assert peer.mails == []


async def test_a_server_that_dies(street: Street) -> None:
    """If the connection breaks while a mail is handed over, it is sent again later under the same name."""
    async with listening() as peer:
        peer.die = True
        await street.share(street.bob)
        await worker(street, peer.smtp).turn()
        assert (await waits(street)).failed == "unreachable"
        peer.die = False
        street.clock.advance(MINUTE)
        await worker(street, peer.smtp).turn()
        assert len(peer.mails) == 2  # the server had taken the first one before it died, which nobody can know
        assert len({message["Message-ID"] for _, message in peer.mails}) == 1
        assert await street.waiting() == []


async def test_no_server_at_all(street: Street) -> None:
    """Where nothing listens, mails wait, and wait longer each time."""
    async with listening() as peer:
        smtp = peer.smtp
    await street.share(street.bob)
    for tries in (1, 2, 3):
        await worker(street, smtp).turn()
        row = await waits(street)
        assert (row.failed, row.tries, row.due_at - street.clock()) == ("unreachable", tries, MINUTE << (tries - 1))
        street.clock.now = row.due_at


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_log_in_to_the_server(street: Street, said: StringIO) -> None:
    """The worker logs in where the settings say so; the password stands in no log and no row."""
    async with listening(authenticator=Porter("swordfish"), auth_require_tls=False, auth_required=True) as peer:
        await street.share(street.bob)
        wrong, right = (structs.replace(peer.smtp, user="u", password=Secret(text)) for text in ("wrong", "swordfish"))
        await worker(street, wrong).turn()
        assert (await waits(street)).failed == "refused_login"
        street.clock.advance(MINUTE)
        await worker(street, right).turn()
        assert len(peer.mails) == 1
        assert "swordfish" not in said.getvalue() + repr(await street.rows())


async def test_never_in_clear_by_accident(street: Street) -> None:
    """If encryption is asked for and the server has none, nothing is sent."""
    async with listening() as peer:
        await street.share(street.bob)
        await worker(street, Smtp(host="127.0.0.1", port=peer.port, timeout=1)).turn()
        assert peer.mails == []
        assert (await waits(street)).failed == "refused"


async def test_a_mistake_about_one_row(street: Street, said: StringIO) -> None:
    """A row that makes the program stumble is told of in the log; all others are told to their recipients."""
    async with listening() as peer:
        await street.make.put(Outbox(-1, "group", street.bob, None, facts="no JSON"))
        await street.share(street.bob)
        await worker(street, peer.smtp).turn()
        assert len(peer.mails) == 1
        assert (await waits(street)).failed == "mistake"
        assert "letter.mistake" in said.getvalue()


async def test_a_database_that_goes_away_meanwhile(street: Street, said: StringIO) -> None:
    """If the database goes away while a mail is sent, that is logged, and the row is told again after its lease."""

    class Last:
        """Sends a mail, and is the end of the database."""

        async def send(self, message: EmailMessage, address: str) -> None:
            """See ``Transport``."""
            await street.core.store.close()

    await street.share(street.bob)
    assert await Worker(street.core, Settings(), Last()).turn() == 1
    events = [json.loads(line)["event"] for line in said.getvalue().splitlines()]
    assert events[-2:] == ["letter.postponed", "store.unavailable"]


async def test_mails_in_a_file(street: Street, said: StringIO, tmp_path: Path) -> None:
    """Without a mail server mails are appended to a file that its owner alone can read, with links that work."""
    await street.link(ZOE)
    await worker(street, Smtp(), tmp_path).turn()
    await street.share(street.bob)
    await worker(street, Smtp(), tmp_path).turn()
    path = tmp_path / MAILS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert text.count("\nSubject: Alice Archer shared “file 1.txt” with you\n") == 2
    assert re.search(rf"^  {SITE}/s/\w+$", text, re.MULTILINE)
    assert len(re.findall(r"^From ", text, re.MULTILINE)) == 2
    assert f"{SITE}/s/" not in said.getvalue()


async def test_a_file_that_cannot_be_written(street: Street, tmp_path: Path) -> None:
    """If the file cannot be written, mails wait."""
    await street.share(street.bob)
    await worker(street, Smtp(), tmp_path / "nowhere").turn()
    assert (await waits(street)).failed == "disk"


async def test_groups_are_told_by_the_worker(street: Street, tmp_path: Path) -> None:
    """The worker carries out what a share with a group began."""
    team = await street.make.group("team", street.bob, street.carol)
    await street.share(team)
    await worker(street, Smtp(), tmp_path).turn()
    assert len(await street.lines(street.bob)) == len(await street.lines(street.carol)) == 1


async def test_it_runs_until_told_to_stop(street: Street) -> None:
    """A running worker sends what comes; told to stop, it finishes what it has in hand and takes nothing new."""
    async with listening() as peer:
        stop = asyncio.Event()
        peer.hang = True
        await street.share(street.bob)
        running = asyncio.create_task(worker(street, peer.smtp).run(stop))
        await peer.asked.wait()
        await street.share(street.bob, files=street.files[1:2])
        stop.set()
        await asyncio.sleep(0)
        peer.go_on.set()
        await running
        assert len(peer.mails) == 1
        assert len(await street.waiting()) == 1


async def test_a_database_that_does_not_answer(street: Street, said: StringIO) -> None:
    """A worker whose database does not answer says so, waits, and can be stopped."""
    stop = asyncio.Event()
    await street.core.store.close()
    running = asyncio.create_task(worker(street, Smtp()).run(stop))
    async with asyncio.timeout(10):
        while "store.unavailable" not in said.getvalue():  # noqa: ASYNC110 - only the log tells
            await asyncio.sleep(0)
    stop.set()
    await running


def test_every_reason_is_explained() -> None:
    """Each reason for which a mail can fail stands in the page about mail."""
    root = Path(__file__).parents[2]
    code = "".join(path.read_text() for path in (root / "src" / "commonhold" / "work").glob("*.py"))
    reasons = set(re.findall(r'(?:Undelivered\(|_fail\(row, )"(\w+)"', code))
    page = (root / "docs" / "how-to" / "mail.md").read_text()
    assert reasons
    assert reasons == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
