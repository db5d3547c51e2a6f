"""``commonhold token`` and ``commonhold app``: tokens for programs, and applications."""

from typing import Annotated

import typer

from commonhold.cli.client import part
from commonhold.cli.command import Session, command
from commonhold.cli.moments import read_end, read_start, shown
from commonhold.cli.options import Most

app = typer.Typer(help="Make, list and revoke tokens for programs.", no_args_is_help=True)
apps = typer.Typer(help="Register applications, so that they can be shared.", no_args_is_help=True)

Whose = Annotated[str | None, typer.Argument(metavar="[USER]", help="Whose; your own if left out.")]


@command(app, "create", example="token create alice")
async def create(
    session: Session,
    user: Whose = None,
    label: Annotated[str | None, typer.Option("--label", help="What it is for.")] = None,
    expires: Annotated[str | None, typer.Option("--expires", metavar="WHEN", help="90d, or 2026-12-31.")] = None,
    actions: Annotated[
        list[str] | None,
        typer.Option("--action", help="Narrow it to: read, download, write …; repeatable."),
    ] = None,
) -> None:
    """Make a token and print it alone; it is told this once."""
    api = await session.api()
    body = {"user": user, "label": label, "actions": actions or None}
    if expires is not None:
        body["until"] = _end(expires)
    made = await api.post("/tokens", body)
    if not session.out.value(made):
        session.out.bare(made["token"])


def _end(text: str) -> str:
    """Return the end of a token, which the API takes as a moment only."""
    terms = read_end(text)
    return terms["until"] if "until" in terms else read_start(terms["life"])


@command(app, "list", example="token list alice")
async def list_tokens(session: Session, user: Whose = None, most: Most = None) -> None:
    """List tokens and sessions, never their secrets."""
    found = await (await session.api()).list("/tokens", most, user=user)
    if not session.out.value(found):
        rows = [(one["uid"], one["kind"], one["label"], shown(one["made_at"]), shown(one["until"])) for one in found]
        session.out.table(("uid", "kind", "label", "made", "ends"), rows, "No token. Make one: commonhold token create")


@command(app, "revoke", example="token revoke 5f0c8c5e-4a9e-4a3c-9a53-0f6a4f7b1c2d")
async def revoke(session: Session, token: Annotated[str, typer.Argument(help="Uid of the token.")]) -> None:
    """End a token or session at once."""
    await (await session.api()).call("DELETE", f"/tokens/{part(token)}")
    if not session.out.value({"revoked": token}):
        session.out.say("Revoked. The next request with it is refused.")


@command(apps, "add", example='app add "Wiki" --owner alice --url https://wiki.example.org/')
async def add_app(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name.")],
    url: Annotated[str, typer.Option("--url", help="Address of the application.")],
    owner: Annotated[str | None, typer.Option("--owner", metavar="USER", help="In whose space.")] = None,
) -> None:
    """Register an application as an item in somebody's space."""
    api = await session.api(owner)
    top = await api.item(f"/{owner}") if owner else (await api.get("/home"))["top"]
    made = await api.post(f"/items/{top['uid']}/children", {"kind": "app", "name": name, "url": url})
    if not session.out.value(made):
        session.out.say(f"Registered {made['name']} (uid {made['uid']}).")
