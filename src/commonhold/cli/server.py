"""The serving process: ``python -m commonhold.cli.server FD``, or ``commonhold serve`` itself.

It imports what answers requests, and nothing else: no command line, no migrations, no mail. With several workers, the
leading process only looks after those that serve; all of them accept from the same socket.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final

import msgspec
import uvicorn
import uvloop

from commonhold import logs, wiring
from commonhold.cli.exits import INTERRUPTED, CommandError, Unusable
from commonhold.cli.listening import BACKLOG, listen
from commonhold.cli.output import tell
from commonhold.cli.patience import LOOK, Patient, patient
from commonhold.cli.serving import ENDING, Plan, parse, plain_python
from commonhold.settings import Settings, SettingsError, load, reveal

GRACE: Final = 25  # seconds that requests under way have when the server is asked to end
AGAIN: Final = 2.0  # seconds until a serving process that failed is started again
SWITCH: Final = 0.0005  # seconds after which a thread of ours gives way to the event loop

log = logs.get("serve")


class Server(uvicorn.Server):
    """A server that ends by a signal as a success, and says when it is up."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], Awaitable[None]]) -> None:
        """``ready`` runs once requests are answered."""
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is there now stays: collections need not look at it
        await self._ready()

    async def on_tick(self, counter: int) -> bool:
        """See uvicorn: now and then, look who keeps a connection for nothing."""
        if counter % LOOK == 0:
            now = asyncio.get_running_loop().time()
            for one in list(self.server_state.connections):
                if isinstance(one, Patient):
                    one.look(now)
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End at the first signal, at once at a second Ctrl-C; do not die of it afterwards."""
        for number in ENDING:
            signal.signal(number, self.handle_exit)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        yield


def serve(arguments: list[str]) -> None:
    """Run ``commonhold serve``; returns when the server was asked to end.

    :raises SystemExit: it cannot start; standard error says why
    """
    with _told():
        given = parse(arguments)
        try:
            settings = load(given=given)
        except SettingsError as error:
            raise Unusable(str(error)) from None
        run(settings, None, silent=False)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell why nothing is served, and exit."""
    try:
        yield
    except CommandError as error:
        tell(error, json=False)
        sys.exit(error.code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def run(settings: Settings, listener: socket.socket | None, *, silent: bool) -> None:
    """Be the server of a data directory.

    :raises Unusable: it cannot start
    """
    _steady(settings)
    _try_certificate(settings)
    try:
        with wiring.claim(settings) as claim:
            if listener is None:
                listener, settings = listen(settings)
            with listener:
                lead = _alone if settings.workers == 1 else _several
                uvloop.run(lead(settings, listener, claim, silent=silent))
    except wiring.Unusable as error:
        raise Unusable(str(error)) from None
    except SettingsError as error:
        raise Unusable(str(error)) from None


def _try_certificate(settings: Settings) -> None:
    """Read certificate and key before anything starts.

    :raises Unusable: they cannot be used
    """
    if settings.tls.cert is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls.cert, settings.tls.key, lambda: "")
    except (OSError, ValueError) as error:  # the errors of TLS are among them
        why = "The key does not belong to the certificate" if "MISMATCH" in str(error) else "Not to be used"
        files = f"tls.cert {settings.tls.cert}, tls.key {settings.tls.key}"
        raise Unusable(f"{why}: {files}. Both must be PEM files that can be read ({error}).") from None


def _steady(settings: Settings) -> None:
    """Set what holds for a serving process as a whole."""
    os.umask(0o077)
    sys.setswitchinterval(SWITCH)
    logs.setup(settings.log.level, settings.log.format)
    if settings.log.level != "debug":
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


async def _alone(settings: Settings, listener: socket.socket, claim: wiring.Claim, *, silent: bool) -> None:
    """Serve in this process, with a worker beside."""
    with contextlib.ExitStack() as beside:
        async with wiring.open_core(settings) as core:
            link = await wiring.first_start(core, settings)

            async def ready() -> None:
                claim.announce(settings.public_url)
                _greet(settings, link, silent=silent)
                if settings.worker:
                    beside.enter_context(wiring.worker_beside(settings))

            await _server(wiring.application(core, settings), settings, ready).serve([listener])


def _server(app: Any, settings: Settings, ready: Callable[[], Awaitable[None]]) -> Server:
    return Server(
        uvicorn.Config(
            app,
            http=patient(settings.patience),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACE,
            ssl_certfile=settings.tls.cert,
            ssl_keyfile=settings.tls.key,
        ),
        ready,
    )


def _greet(settings: Settings, link: str | None, *, silent: bool) -> None:
    """Say where the server is, and how its first administrator makes himself."""
    log.info("server.started", url=settings.public_url, workers=settings.workers)
    if silent:
        return
    lines = [f"Commonhold serves {settings.data} at {settings.public_url}"]
    if link is not None:
        lines.append(f"Nobody administers it yet. Make the first administrator here, within a day: {link}")
    with contextlib.suppress(BrokenPipeError):
        print("\n".join(lines), flush=True)


# --- several serving processes


async def _several(settings: Settings, listener: socket.socket, claim: wiring.Claim, *, silent: bool) -> None:
    """Look after serving processes, and a worker, until a signal comes."""
    stop = asyncio.Event()
    for number in ENDING:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    async with wiring.open_core(settings) as core:
        link = await wiring.first_start(core, settings)
    beside = wiring.worker_beside(settings) if settings.worker else contextlib.nullcontext()
    with beside:
        async with asyncio.TaskGroup() as serving:
            for _ in range(settings.workers):
                serving.create_task(_keep(settings, listener, stop))
            claim.announce(settings.public_url)
            _greet(settings, link, silent=silent)


async def _keep(settings: Settings, listener: socket.socket, stop: asyncio.Event) -> None:
    """Keep one serving process, started again if it fails, until ``stop`` is set."""
    plan = msgspec.json.encode(Plan(reveal(settings), listener.fileno(), lead=False)) + b"\n"
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        child = await asyncio.create_subprocess_exec(
            *plain_python("commonhold.cli.server", "0"),
            stdin=asyncio.subprocess.PIPE, pass_fds=(listener.fileno(),),
            start_new_session=True,  # Ctrl-C in a terminal is for the leading process, which lets go of the leash
        )  # fmt: skip
        assert child.stdin is not None  # noqa: S101 - asked for above
        with contextlib.suppress(OSError, RuntimeError):  # it ended at once: that is seen below
            child.stdin.write(plan)  # by the pipe: arguments can be seen by others
        ended = asyncio.create_task(child.wait())
        await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
        child.stdin.close()
        code = await ended
        if not stop.is_set():
            if code != -signal.SIGINT:  # Ctrl-C before it had a session of its own: ours is about to end as well
                log.error("server.failed", code=code)
            await asyncio.wait((stopping,), timeout=AGAIN)
    stopping.cancel()


async def _leashed(settings: Settings, listener: socket.socket) -> None:
    """Serve as one of several: until the pipe from the leading process ends, even violently."""

    async def ready() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the leading process, which lets go of the leash

    async with wiring.open_core(settings) as core:
        server = _server(wiring.application(core, settings), settings, ready)
        async with _leash() as let_go:
            let_go.add_done_callback(lambda _: setattr(server, "should_exit", True))
            await server.serve([listener])


@contextlib.asynccontextmanager
async def _leash() -> AsyncIterator["asyncio.Task[bytes]"]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    leash = asyncio.create_task(reader.read())
    try:
        yield leash
    finally:
        leash.cancel()


def main(arguments: list[str]) -> None:
    """Be what the plan says that stands on the file descriptor which is named; 0 is a leash, too."""
    number = int(arguments[0])
    with os.fdopen(number, "rb", closefd=number != 0, buffering=0) as source:
        plan = msgspec.json.decode(_line(source), type=Plan)
    settings = load({}, plan.settings)
    listener = socket.socket(fileno=plan.socket)
    listener.setblocking(False)
    if plan.lead:
        run(settings, listener, silent=plan.silent)
        return
    _steady(settings)
    with listener:
        uvloop.run(_leashed(settings, listener))


def _line(source: Any) -> bytes:
    """Read one line and not a byte more: what follows is the leash."""
    found = bytearray()
    while (sign := source.read(1)) not in (b"", b"\n"):
        found += sign
    return bytes(found)


if __name__ == "__main__":
    with _told():
        main(sys.argv[1:])
