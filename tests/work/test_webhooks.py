"""Webhooks before a real server: what it gets, signed; and what a bad one, or one inside, does to nobody."""

import asyncio
import logging
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from tests.core.notices.street import Street
from tests.work.hook_peer import FINE, HookPeer, hooked

from commonhold import logs
from commonhold.core.changes import Commit
from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.model import MAIN_ORG, ROWS, Event, Item, Notification, Outbox, Principal, Share, Space, Webhook
from commonhold.core.notices.outbox import LEASE, TRIES
from commonhold.core.roles import OrgRole
from commonhold.core.sharing.managing import withdraw
from commonhold.core.webhooks.deliveries import list_deliveries, redeliver
from commonhold.core.webhooks.delivering import Message, Outcome
from commonhold.core.webhooks.kinds import DELIVERY
from commonhold.core.webhooks.listening import BATCH, spread
from commonhold.core.webhooks.managing import (
    HookChange,
    Issued,
    add_webhook,
    change_webhook,
    remove_webhook,
    renew_secret,
)
from commonhold.settings import Settings
from commonhold.work import webhooks
from commonhold.work.webhooks import WebhookSender
from commonhold.work.worker import Worker

HOUR = 3_600_000


class Office(Street):
    """The street, whose things belong to the main organisation; Bob administers it."""

    @property
    def boss(self) -> Actor:
        """Whoever administers the organisation."""
        return Actor(self.bob)

    async def open(self) -> "Office":
        """Move everybody in, and give the organisation its administrator and its title."""
        await self.build()
        await self.make.set(Principal, self.bob, org_role=OrgRole.ADMINISTRATOR)
        for space in await self.rows(Space):
            await self.make.set(Space, space.no, org=MAIN_ORG)
        return self

    async def hook(self, url: str, *kinds: str, inside: bool = True) -> Issued:
        """Register a webhook as the administrator."""
        return await add_webhook(self.core, self.boss, url, kinds, inside=inside)

    async def turn(self, *, inside: bool = True) -> None:
        """Let a worker look once."""
        await Worker(self.core, Settings(webhooks_inside=inside, data=Path("nowhere"))).turn()

    async def sent(self) -> list[Outbox]:
        """Return all deliveries."""
        return [row for row in await self.rows() if row.kind == DELIVERY]

    async def later(self) -> None:
        """Let time pass until everything is due again."""
        self.clock.advance(7 * HOUR)
        await self.turn()


@pytest.fixture
async def office() -> Office:
    """Everybody at work, nothing shared."""
    return await Office().open()


async def test_a_share_is_told_signed_and_once(office: Office) -> None:
    """A share made is told once however many workers look, with a signature that the secret proves, by numbers."""
    async with hooked() as peer:
        issued = await office.hook(peer.url, "share.made")
        await office.share(office.carol)
        await asyncio.gather(*(office.turn() for _ in range(3)))
        await office.turn()
        (call,) = peer.calls
        (share,) = await office.rows(Share)
        assert call.is_signed(issued.secret)
        assert not call.is_signed(issued.secret + "x")
        assert call.path == "/in?a=b"
        assert call.headers["host"] == f"127.0.0.1:{peer.port}"
        assert (call.headers["commonhold-event"], call.told["kind"]) == ("share.made", "share.made")
        assert call.headers["commonhold-delivery"] == str(call.told["delivery"])
        assert (call.told["share"], call.told["item"]["name"]) == (share.no, "file 1.txt")
        assert call.told["actor"]["id"] == office.alice
        assert share.uid.encode() not in call.body


async def test_only_what_is_wanted_of_the_own_organisation(office: Office) -> None:
    """Kinds that were not asked for, what happened before, and things of nobody's or another organisation stay out."""
    await office.share(office.carol)
    elsewhere = await office.make.item(await office.make.space(office.alice), "private.txt")
    async with hooked() as peer:
        await office.hook(peer.url, "share.withdrawn")
        await office.share(office.dan)
        await office.share(office.dan, files=[elsewhere])
        await withdraw(office.core, Actor(office.alice), [share.no for share in await office.rows(Share)])
        await office.turn()
        assert {call.told["kind"] for call in peer.calls} == {"share.withdrawn"}
        assert {call.told["item"]["id"] for call in peer.calls} == {office.files[0]}
        assert len(peer.calls) == 2


async def test_what_is_told_is_what_holds_when_it_is_sent(office: Office) -> None:
    """Of an item that left the organisation meanwhile the number alone is told; nobody's act has no actor."""
    async with hooked() as peer:
        issued = await office.hook(peer.url.replace("127.0.0.1", "localhost"), "share.made")
        await office.share(office.carol)
        await spread(office.core)
        item = await office.make.get(Item, office.files[0])
        await office.make.set(Space, item.space, org=None)
        (event,) = [row for row in await office.rows(Event) if row.kind == "share.made"]
        await office.make.set(Event, event.no, actor=None)
        await office.turn()
        (call,) = peer.calls
        assert call.is_signed(issued.secret)
        assert call.headers["host"] == f"localhost:{peer.port}"
        assert call.told["item"] == {"id": office.files[0], "uid": None, "kind": None, "name": None}
        assert call.told["actor"] is None


async def test_many_events_are_looked_at_in_batches(office: Office) -> None:
    """More events than one turn looks at are told all the same, each to each webhook once."""
    async with hooked() as peer:
        first = await office.hook(peer.url, "share.made")
        await office.make.put(*(Event(-n - 1, 0, "share.made", None, "tests", office.files[0]) for n in range(BATCH)))
        second = await office.hook(peer.url, "share.made")
        await office.make.put(*(Event(-n - 1, 0, "share.made", None, "tests", office.files[0]) for n in range(9)))
        while any(await asyncio.gather(*(spread(office.core) for _ in range(2)))):
            pass
        rows = await office.sent()
        told = [[row.event for row in rows if row.principal == one.webhook.no] for one in (first, second)]
        assert [len(numbers) for numbers in told] == [BATCH + 9, 9]
        assert [len(set(numbers)) for numbers in told] == [BATCH + 9, 9]


class Racing:
    """A store that lets another worker look at the events just before something is written."""

    def __init__(self, core: Core) -> None:
        """Wrap the store of a core."""
        self._core = core

    def __getattr__(self, name: str) -> Any:
        """Be the store in everything else."""
        return getattr(self._core.store, name)

    async def commit(self, *given: Any) -> Commit:
        """Write after the other one."""
        await spread(self._core)
        return await self._core.store.commit(*given)


async def test_of_two_workers_one_makes_the_deliveries(office: Office) -> None:
    """A worker that read the same events as a faster one writes nothing; what has no item is told to nobody."""
    async with hooked() as peer:
        await office.hook(peer.url)
        await office.share(office.carol)
        await office.make.put(Event(-1, 0, "share.made", None, "tests"))
        slow = structs.replace(office.core, store=Racing(office.core))
        assert await spread(slow) == 0
        assert len(await office.sent()) == 1
        (row,) = await office.sent()
        await office.make.set(Event, row.event or 0, item=None)
        await office.turn()
        assert peer.calls[0].told["item"] is None


async def test_secrets_are_kept_nowhere(office: Office) -> None:
    """A webhook's secret stands in no row and no log; a new one ends the old one at once."""
    out = StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.setup("debug", "json", out)
    try:
        async with hooked() as peer:
            first = await office.hook(peer.url)
            second = await renew_secret(office.core, office.boss, first.webhook.uid)
            await office.share(office.carol)
            await office.turn()
            assert peer.calls
            assert all(call.is_signed(second.secret) and not call.is_signed(first.secret) for call in peer.calls)
            everything = out.getvalue() + repr([await office.rows(row) for row in ROWS]) + repr((first, second))
            assert first.secret not in everything
            assert second.secret not in everything
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


async def tried(office: Office, peer: HookPeer) -> Outbox:
    """Share something, let a worker tell it, and return the delivery."""
    await office.hook(peer.url, "share.made")
    await office.share(office.carol)
    await office.turn()
    (row,) = await office.sent()
    return row


@pytest.mark.parametrize(
    ("answer", "reason", "status"),
    [
        (b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "refused", 500),
        (b"HTTP/1.1 302 Go\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n", "redirected", 302),
        (b"nonsense\r\n\r\n", "unreachable", None),
        (b"", "unreachable", None),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000 + b"\r\n\r\n", "unreachable", None),
    ],
)
async def test_bad_answers_are_tried_again(office: Office, answer: bytes, reason: str, status: int | None) -> None:
    """A refusal, a redirect (never followed), nonsense and endless headers count as failed; the next try heals it."""
    async with hooked() as peer:
        peer.answer = answer
        row = await tried(office, peer)
        assert (row.failed, row.tries, row.done_at) == (reason, 1, None)
        assert len(peer.calls) == 1
        (waiting,) = (await list_deliveries(office.core, office.boss, (await office.rows(Webhook))[0].uid)).rows
        assert (waiting.state, waiting.status, waiting.failed) == ("waiting", status, reason)
        peer.answer = FINE
        await office.turn()
        assert len(peer.calls) == 1, "not before its time"
        await office.later()
        (row,) = await office.sent()
        assert (row.failed, row.tries) == (None, 2)
        assert row.done_at is not None
        assert (await office.rows(Webhook))[0].failing_since is None


async def test_a_long_answer_is_not_read(office: Office) -> None:
    """Of an answer nothing counts but its status: one that would go on for ever takes no longer than its head."""
    async with hooked() as peer:
        peer.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n" + b"x" * 100_000
        row = await tried(office, peer)
        assert (row.failed, row.done_at is None) == (None, False)


async def test_one_that_hangs_is_left(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers costs the worker a bounded time, far less than a lease."""
    assert webhooks.LONGEST * 1_000 * 4 < LEASE
    monkeypatch.setattr(webhooks, "LONGEST", 0.2)
    async with hooked() as peer:
        peer.answer = None
        assert (await tried(office, peer)).failed == "timeout"


async def test_what_fails_for_long_is_disabled(office: Office) -> None:
    """After the last try of hours without a success the webhook is disabled and its administrator notified, once."""
    async with hooked() as peer:
        peer.answer = b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"
        await tried(office, peer)
        for _ in range(TRIES):
            await office.later()
        assert len(peer.calls) == TRIES
        (hook,) = await office.rows(Webhook)
        assert hook.disabled_at is not None
        told = [row for row in await office.rows(Notification) if row.kind == "webhook.disabled"]
        assert [row.user for row in told] == [office.bob]
        await office.share(office.dan)
        await office.later()
        assert len(peer.calls) == TRIES
        peer.answer = FINE
        await change_webhook(office.core, office.boss, hook.uid, HookChange(enabled=True), inside=True)
        await office.share(office.dan, files=office.files[1:2])
        await office.turn()
        assert len(peer.calls) == TRIES + 1


async def test_gone_is_gone(office: Office) -> None:
    """A server that answers 410 is not asked again."""
    async with hooked() as peer:
        peer.answer = b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
        assert (await tried(office, peer)).done_at is not None
        assert (await office.rows(Webhook))[0].disabled_at is not None


async def test_a_removed_webhook_is_told_nothing(office: Office) -> None:
    """What waits for a webhook when it is removed is not sent, and the events are looked through for it no more."""
    async with hooked() as peer:
        peer.answer = b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"
        await tried(office, peer)
        await remove_webhook(office.core, office.boss, (await office.rows(Webhook))[0].uid)
        await office.later()
        assert len(peer.calls) == 1
        assert [row.failed for row in await office.sent()] == ["dropped"]
        assert all(row.kind != "webhook.place" for row in await office.rows())


async def test_sent_again_when_asked(office: Office) -> None:
    """A delivery that is asked for again is one of its own, about the same event."""
    async with hooked() as peer:
        row = await tried(office, peer)
        hook = (await office.rows(Webhook))[0]
        again = await redeliver(office.core, office.boss, hook.uid, row.no)
        await office.turn()
        first, second = (call.told for call in peer.calls)
        assert (first["event"], second["delivery"]) == (second["event"], again.no)
        assert first["delivery"] != second["delivery"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"]
)
@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_nothing_inside_is_called(host: str, scheme: str) -> None:
    """Without the setting no spelling of an address inside is connected to: it is looked at once it is resolved."""
    async with hooked() as peer:
        message = Message(1, f"{scheme}://{host}:{peer.port}/", "share.made", b"{}", "t=1,v1=0")
        outcome = await WebhookSender().send(message)
        assert outcome.status is None
        assert outcome.reason in ("bad_target", "inside_target")
        assert peer.calls == []


async def test_the_name_of_the_url_is_whom_the_certificate_is_asked_for() -> None:
    """Over https the name is asked for, though the address is connected to; without its certificate nothing is told."""
    async with hooked() as peer:
        message = Message(1, f"https://localhost:{peer.port}/", "share.made", b"{}", "t=1,v1=0")
        assert await WebhookSender(inside=True).send(message) == Outcome(reason="unreachable")
        assert peer.calls == []
        assert b"localhost" in peer.hello


async def test_an_unknown_name() -> None:
    """A name that nobody has is a failure like others, not a mistake."""
    message = Message(1, "https://nobody.invalid/", "share.made", b"{}", "t=1,v1=0")
    outcome = await WebhookSender().send(message)
    assert outcome.reason in ("unknown_host", "timeout")
