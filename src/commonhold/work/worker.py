"""The worker: takes what waits in the outbox, tells it, and sweeps; beside the servers, never on the way of a reply.

Any number of workers may run on one database: leases keep them apart. What cannot be told now waits and is tried again;
nothing that goes wrong here reaches whoever shared.
"""

import asyncio
import contextlib
import random
from typing import Final

from commonhold import logs
from commonhold.core.changes import Broken
from commonhold.core.core import Core
from commonhold.core.model import Outbox
from commonhold.core.notices.changes import GROUP
from commonhold.core.notices.fanout import fan_out
from commonhold.core.notices.letters import letter
from commonhold.core.notices.outbox import done, failed, take
from commonhold.core.problems import Problem
from commonhold.core.webhooks.delivering import dropped, message, settle_delivery
from commonhold.core.webhooks.kinds import DELIVERY
from commonhold.core.webhooks.listening import spread
from commonhold.settings import Settings
from commonhold.work.mail import compose, sender_of
from commonhold.work.neutral import one_line
from commonhold.work.sweeps import Sweep, keep_sweeping, stopped, sweeps_for
from commonhold.work.transports import FileTransport, SmtpTransport, Transport, Undelivered
from commonhold.work.webhooks import WebhookSender

MAILS: Final = "mails.txt"
AT_ONCE: Final = 10  # rows in hand; each may wait for the mail server on its own
IDLE: Final = 1.0  # seconds between two looks when nothing waits
TROUBLE: Final = 5.0  # seconds to leave the database alone when it does not answer
GRACE: Final = 20.0  # seconds to finish what is in hand when asked to stop

log = logs.get("work")


def transport_for(settings: Settings) -> Transport:
    """Return the way out that the settings name: the mail server, or the file in the data directory."""
    if settings.smtp.host is None:
        return FileTransport(settings.data / MAILS)
    return SmtpTransport(settings.smtp, sender_of(settings))


class Worker:
    """One worker over a core."""

    def __init__(self, core: Core, settings: Settings, transport: Transport | None = None) -> None:
        """Send by the transport that the settings name unless one is given."""
        self._core = core
        self._settings = settings
        self._sender = sender_of(settings)
        self._transport = transport or transport_for(settings)
        self._webhooks = WebhookSender(inside=settings.webhooks_inside)

    async def run(self, stop: asyncio.Event, sweeps: tuple[Sweep, ...] | None = None) -> None:
        """Work until ``stop`` is set, then finish what is in hand; what takes longer is told again by the next one."""
        log.info("worker.started", smtp=self._settings.smtp.host or MAILS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_sweeping(self._core, stop, sweeps or sweeps_for(self._settings.audit)))
                tasks.create_task(self._keep_telling(stop))
                await stop.wait()
                limit.reschedule(asyncio.get_running_loop().time() + GRACE)
        log.info("worker.stopped")

    async def _keep_telling(self, stop: asyncio.Event) -> None:
        wait = 0.0
        while not await stopped(stop, wait):
            try:
                wait = 0.0 if await self.turn() else IDLE * random.uniform(0.75, 1.25)  # noqa: S311 - to spread looks
            except Problem as problem:
                log.warning("store.unavailable", reason=problem.code)
                wait = TROUBLE

    async def turn(self) -> int:
        """Take what is due, at most ``AT_ONCE`` rows, tell it, and return how many rows that were.

        Before that, look which webhooks are to be told of what happened since the last turn; if nothing is due, return
        how many events that were: there may be more.
        """
        looked = await spread(self._core)
        rows = await take(self._core, AT_ONCE)
        await asyncio.gather(*(self._settle(row) for row in rows))
        return len(rows) or looked

    async def _settle(self, row: Outbox) -> None:
        """Tell one row. Whatever happens stays with this row: the others are told all the same."""
        try:
            if row.kind == GROUP:
                await fan_out(self._core, row)
            elif row.kind == DELIVERY:
                await self._call(row)
            else:
                await self._tell(row)
                await done(self._core, row)
        except Undelivered as undelivered:
            await self._fail(row, undelivered.reason, forever=undelivered.forever)
        except (Problem, Broken) as error:
            log.warning("letter.postponed", outbox=row.no, reason=str(error))
            await self._fail(row, "unavailable")
        except Exception:  # a mistake of ours about one row must not stop all others
            log.exception("letter.mistake", outbox=row.no, kind=row.kind)
            await self._fail(row, "mistake")

    async def _tell(self, row: Outbox) -> None:
        told = await letter(self._core, row)
        if told is None:
            log.debug("letter.dropped", outbox=row.no, kind=row.kind)
            return
        message_id = self._core.secrets.link(f"letter {row.no}")
        mail = compose(told, self._settings, sender=self._sender, now=self._core.clock(), message_id=message_id)
        await self._transport.send(mail, told.address)
        log.info("mail.sent", outbox=row.no, to=told.address, subject=one_line(str(mail["Subject"])))

    async def _call(self, row: Outbox) -> None:
        """Tell a webhook of one event."""
        told = await message(self._core, row)
        if told is None:
            await dropped(self._core, row)
            return
        outcome = await self._webhooks.send(told)
        again = await settle_delivery(self._core, row, outcome)
        how = {"outbox": row.no, "webhook": row.principal, "status": outcome.status}
        if outcome.reason is None:
            log.info("webhook.delivered", **how)
        else:
            log.warning("webhook.failed", **how, reason=outcome.reason, tries=row.tries + 1, again=again)

    async def _fail(self, row: Outbox, reason: str, *, forever: bool = False) -> None:
        try:
            again = await failed(self._core, row, reason, forever=forever)
        except Problem as problem:
            log.warning("store.unavailable", reason=problem.code, outbox=row.no)
            return  # its lease ends by itself
        log.warning("letter.failed", outbox=row.no, reason=reason, tries=row.tries + 1, again=again)
