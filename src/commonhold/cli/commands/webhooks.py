"""``commonhold webhook``: addresses that are told what happens in an organisation."""

from typing import Annotated

import typer

from commonhold.cli.client import part
from commonhold.cli.command import Session, command
from commonhold.cli.moments import shown
from commonhold.cli.options import Most

app = typer.Typer(help="Tell programs by HTTP what happens in an organisation.", no_args_is_help=True)

Uid = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Uid of the webhook.")]
OrgOption = Annotated[
    str | None, typer.Option("--org", metavar="ORG", help="Title or uid of the organisation; yours if left out.")
]


@command(app, "add", example='webhook add https://hooks.example.org/in --org "Main" --kind share.made')
async def add(
    session: Session,
    target: Annotated[str, typer.Argument(metavar="URL", help="The https address that is told.")],
    org: OrgOption = None,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="Kind of events, such as share.made; repeatable. All if none.")
    ] = None,
) -> None:
    """Register an address, and print the secret that signs what it is told; the secret is shown this once."""
    api = await session.api()
    made = await api.post("/webhooks", {"url": target, "org": org, "kinds": kinds or []})
    if not session.out.value(made):
        session.out.bare(made["secret"])


@command(app, "list", example="webhook list --org Main")
async def list_webhooks(session: Session, org: OrgOption = None, most: Most = None) -> None:
    """List the webhooks of an organisation, never their secrets."""
    found = await (await session.api()).list("/webhooks", most, org=org)
    if not session.out.value(found):
        rows = [
            (one["uid"], one["url"], ", ".join(one["kinds"]) or "all", "yes" if one["enabled"] else "no")
            for one in found
        ]
        session.out.table(
            ("uid", "url", "kinds", "enabled"), rows, "No webhook. Add one: commonhold webhook add https://…"
        )


@command(app, "remove", example="webhook remove 5f0c8c5e-4a9e-4a3c-9a53-0f6a4f7b1c2d")
async def remove(session: Session, webhook: Uid) -> None:
    """Remove a webhook: what still waits for it is not told."""
    await (await session.api()).call("DELETE", f"/webhooks/{part(webhook)}")
    if not session.out.value({"removed": webhook}):
        session.out.say("Removed. It is told nothing any more.")


@command(app, "enable", example="webhook enable 5f0c8c5e-4a9e-4a3c-9a53-0f6a4f7b1c2d")
async def enable(session: Session, webhook: Uid) -> None:
    """Begin again with a webhook that was disabled after too many failures."""
    found = await (await session.api()).call("PATCH", f"/webhooks/{part(webhook)}", {"enabled": True})
    if not session.out.value(found):
        session.out.say("Enabled. It is told what happens from now on.")


@command(app, "secret", example="webhook secret 5f0c8c5e-4a9e-4a3c-9a53-0f6a4f7b1c2d")
async def secret(session: Session, webhook: Uid) -> None:
    """Give a webhook a new secret and print it; the old one signs nothing from now on."""
    made = await (await session.api()).post(f"/webhooks/{part(webhook)}/secret", {})
    if not session.out.value(made):
        session.out.bare(made["secret"])


@command(app, "deliveries", example="webhook deliveries 5f0c8c5e-4a9e-4a3c-9a53-0f6a4f7b1c2d")
async def list_deliveries(session: Session, webhook: Uid, most: Most = None) -> None:
    """List what was sent to a webhook and what waits, newest first."""
    found = await (await session.api()).list(f"/webhooks/{part(webhook)}/deliveries", most)
    if not session.out.value(found):
        rows = [
            (one["id"], one["kind"], shown(one["at"]), one["state"], one["tries"], one["status"], one["failed"])
            for one in found
        ]
        session.out.table(("id", "kind", "at", "state", "tries", "status", "failed"), rows, "Nothing was sent yet.")


@command(app, "redeliver", example="webhook redeliver 5f0c8c5e-4a9e-4a3c-9a53-0f6a4f7b1c2d 1234")
async def redeliver(
    session: Session, webhook: Uid, delivery: Annotated[int, typer.Argument(help="Id of the delivery.")]
) -> None:
    """Send an event to a webhook once more."""
    made = await (await session.api()).post(f"/webhooks/{part(webhook)}/deliveries/{delivery}/redeliver", {})
    if not session.out.value(made):
        session.out.say(f"It is sent again, as delivery {made['id']}.")
