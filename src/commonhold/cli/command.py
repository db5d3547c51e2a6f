"""How a command is made: an async function over a session, with the options that every command has.

@command(app, "list", example="user list")
async def list_users(session: Session, starts: Starts = "") -> None:
    \"\"\"List users by name.\"\"\"
"""

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

import typer

from commonhold.cli.client import Api
from commonhold.cli.output import Out
from commonhold.cli.where import Where, connected
from commonhold.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

_PANEL = "Where, as whom, and how"

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Data directory (COMMONHOLD_DATA; ./commonhold-data).", rich_help_panel=_PANEL),
]
ServerOption = Annotated[
    str | None,
    typer.Option("--url", "--server", help="A server instead of a directory (COMMONHOLD_URL).", rich_help_panel=_PANEL),
]
OnlyServerOption = Annotated[
    str | None,
    typer.Option("--server", help="A server instead of a directory (COMMONHOLD_URL).", rich_help_panel=_PANEL),
]
TokenOption = Annotated[
    str | None,
    typer.Option("--token", help="Token for the server; better in COMMONHOLD_TOKEN.", rich_help_panel=_PANEL),
]
AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="USER", help="On a directory: act as this user.", rich_help_panel=_PANEL),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.", rich_help_panel=_PANEL)]

_COMMON: dict[str, Any] = {
    "where_data": DataOption,
    "where_server": ServerOption,
    "where_token": TokenOption,
    "where_as": AsOption,
    "json": JsonOption,
}
"""Parameters of every command: named so that no command has one of the same name."""

_LOCAL: dict[str, Any] = {"where_data": DataOption, "json": JsonOption}


class Session:
    """What a command works with: the API, once it asks for it, and the printer."""

    def __init__(self, where: Where, out: Out, stack: AsyncExitStack) -> None:
        """Open nothing yet."""
        self.where = where
        self.out = out
        self.then: Callable[[], None] | None = None  # what the process does once everything is closed
        self._stack = stack
        self._api: Api | None = None

    async def enter(self, context: AbstractAsyncContextManager[T]) -> T:
        """Keep something open until the command ends."""
        return await self._stack.enter_async_context(context)

    async def api(self, owner: str | None = None) -> Api:
        """Return the API of the server or directory; ``owner``: as whom, where nobody else is asked for.

        :raises CommandError: it cannot be reached, opened or entered
        """
        if self._api is None:
            self._api = await self.enter(connected(self.where, owner))
        return self._api

    @property
    def settings(self) -> Settings:
        """The settings of the data directory."""
        return self.where.settings()


def command(
    app: typer.Typer, name: str, *, example: str, local: bool = False
) -> Callable[[Callable[Concatenate[Session, P], Awaitable[None]]], Callable[Concatenate[Session, P], Awaitable[None]]]:
    """Register an async function as a command; ``example`` ends its help. ``local``: it is about directories alone."""

    def add(
        function: Callable[Concatenate[Session, P], Awaitable[None]],
    ) -> Callable[Concatenate[Session, P], Awaitable[None]]:
        def run(**given: Any) -> None:
            where = Where(*(given.pop(name, None) for name in _COMMON if name != "json"))
            then = asyncio.run(_run(function, where, Out(json=given.pop("json")), given))
            if then is not None:
                then()

        _sign(run, function, _LOCAL if local else _COMMON)
        app.command(name, help=inspect.getdoc(function), epilog=f"Example: commonhold {example}")(run)
        return function

    return add


async def _run(
    function: Callable[..., Awaitable[None]], where: Where, out: Out, given: dict[str, Any]
) -> Callable[[], None] | None:
    async with AsyncExitStack() as stack:
        session = Session(where, out, stack)
        await function(session, **given)
    return session.then


def _sign(run: Callable[..., None], function: Callable[..., Any], kinds: dict[str, Any]) -> None:
    """Give the wrapper the parameters of the function, and those that every command has."""
    own = list(inspect.signature(function).parameters.values())[1:]
    if any(one.name == "url" for one in own):
        kinds = kinds | {"where_server": OnlyServerOption}
    common = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=False if name == "json" else None
        )
        for name, kind in kinds.items()
    ]
    keyworded = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    run.__signature__ = inspect.Signature([*keyworded, *common])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in (*keyworded, *common)}
    run.__name__ = getattr(function, "__name__", "run")


def secret_of(text: str | None) -> str | None:
    """Return a password that was given: ``-`` is a line of standard input."""
    return sys.stdin.readline().rstrip("\r\n") if text == "-" else text
