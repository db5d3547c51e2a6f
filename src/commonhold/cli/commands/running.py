"""``commonhold serve``, ``work`` and ``migrate``."""

import asyncio
import inspect
import os
import signal
from typing import Annotated, Any

import typer

from commonhold import logs, wiring
from commonhold.cli.command import Session, command
from commonhold.cli.exits import REFUSED, CommandError, Unusable
from commonhold.cli.serving import OPTIONS, SUMMARY, Option, plain_python

root = typer.Typer()


def _add_serve() -> None:
    """Make the command of the table of its options; what runs it is ``cli.server``, without this library."""

    def run(**given: Any) -> None:
        arguments = [option.flag for option in OPTIONS if option.value is None and given[_key(option)]]
        for option in OPTIONS:
            if option.value is not None and given[_key(option)] is not None:
                arguments += [option.flag, given[_key(option)]]
        command = plain_python("commonhold", "serve", *arguments)
        os.execv(command[0], command)  # noqa: S606 - our own module

    parameters = [
        inspect.Parameter(_key(one), inspect.Parameter.KEYWORD_ONLY, annotation=_kind(one), default=_nothing(one))
        for one in OPTIONS
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    root.command("serve", help=SUMMARY, epilog="Example: commonhold serve --data DIR --port 8080")(run)


def _key(option: Option) -> str:
    return option.flag.removeprefix("--").replace("-", "_")


def _kind(option: Option) -> Any:
    found = typer.Option(option.flag, metavar=option.value, help=option.said)
    return Annotated[str | None, found] if option.value else Annotated[bool, found]


def _nothing(option: Option) -> Any:
    return None if option.value else False


_add_serve()


@command(root, "work", example="work --data DIR", local=True)
async def work(session: Session) -> None:
    """Send mail and sweep until Ctrl-C: beside `serve --no-worker`, or on another machine."""
    settings = session.settings
    logs.setup(settings.log.level, settings.log.format)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await wiring.run_worker(settings, stop)
    except wiring.Unusable as error:
        raise Unusable(str(error)) from None


@command(root, "migrate", example="migrate --check", local=True)
async def migrate(
    session: Session,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 if there is something to do.")
    ] = False,
) -> None:
    """Bring the database to the version of this program; every start does so by itself."""
    settings = session.settings
    wiring.prepare(settings)
    command = plain_python("commonhold.store.migrate", "-")
    pipe = asyncio.subprocess.PIPE
    options = ["--check"] if check else []
    child = await asyncio.create_subprocess_exec(*command, *options, stdin=pipe, stdout=pipe, stderr=pipe)
    said = await child.communicate(settings.database_url.encode())  # by the pipe, as everybody can see arguments
    out, err = (text.decode(errors="replace").strip() for text in said)
    if child.returncode not in (0, REFUSED) or (child.returncode and not check):
        raise Unusable(out or err.rpartition("\n")[2] or "The database cannot be migrated.")
    if child.returncode:
        raise CommandError(f"{out} To do so: commonhold migrate")
    if not session.out.value({"done": True, "said": out}):
        session.out.say("The database is up to date." if check else f"{out} It has it now.")
