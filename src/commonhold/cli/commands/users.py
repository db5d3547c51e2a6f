"""``commonhold user``: accounts."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from commonhold.cli.client import part
from commonhold.cli.command import Session, command, secret_of
from commonhold.cli.moments import shown
from commonhold.cli.options import Most, NewPassword, User

app = typer.Typer(help="Make, list, suspend and delete accounts.", no_args_is_help=True)

COLUMNS = ("name", "full name", "mail", "organisation", "role", "state", "made")


class OrgRole(StrEnum):
    """What a user is in his organisation."""

    ADMINISTRATOR = "administrator"
    PUBLISHER = "publisher"
    USER = "user"
    VIEWER = "viewer"


@command(app, "add", example="user add alice --email alice@example.org --password -")
async def add(
    session: Session,
    name: Annotated[str, typer.Argument(help="Log-in name.")],
    email: Annotated[str | None, typer.Option("--email", help="Mail address.")] = None,
    password: NewPassword = None,
    admin: Annotated[bool, typer.Option("--admin", help="Administers the installation.")] = False,
    external: Annotated[bool, typer.Option("--external", help="A guest, without a space of his own.")] = False,
    unverified: Annotated[bool, typer.Option("--unverified", help="The address is still to be confirmed.")] = False,
    invite: Annotated[bool, typer.Option("--invite", help="A mail lets him set his password.")] = False,
    org: Annotated[str | None, typer.Option("--org", help="Organisation; made if there is none.")] = None,
    org_role: Annotated[OrgRole, typer.Option("--org-role", help="What he is in it.")] = OrgRole.USER,
    first_name: Annotated[str | None, typer.Option("--first-name", help="First name.")] = None,
    last_name: Annotated[str | None, typer.Option("--last-name", help="Last name.")] = None,
) -> None:
    """Make an account. Without --unverified its mail address counts as confirmed."""
    body = {
        "name": name,
        "email": email,
        "password": secret_of(password),
        "admin": admin,
        "external": external,
        "verified": email is not None and not unverified and not invite,
        "invited": invite,
        "org": org,
        "org_role": org_role.value,
        "first_name": first_name,
        "last_name": last_name,
    }
    made = await (await session.api()).post("/users", body)
    if not session.out.value(made):
        session.out.say(f"Made the account {made['name']} (id {made['id']}).")


@command(app, "list", example="user list --starts-with al")
async def list_users(
    session: Session,
    starts_with: Annotated[str | None, typer.Option("--starts-with", help="Beginning of the name.")] = None,
    most: Most = None,
) -> None:
    """List accounts by name."""
    api = await session.api()
    users = await api.list("/users", most, starts_with=starts_with)
    if session.out.value(users):
        return
    titles = {org["id"]: org["title"] for org in await api.list("/orgs")}
    session.out.table(COLUMNS, [_row(user, titles) for user in users], "No account yet. Make one: commonhold user add")


def _row(user: dict[str, Any], titles: dict[int, str]) -> tuple[Any, ...]:
    full = " ".join(filter(None, (user["first_name"], user["last_name"])))
    mail = user.get("email") or ""
    if mail and not user.get("verified"):
        mail += " (unconfirmed)"
    role = "administrator of all" if user["admin"] else "guest" if user["external"] else user["org_role"]
    return user["name"], full, mail, titles.get(user["org"], ""), role, user["state"], shown(user["made_at"])


@command(app, "suspend", example="user suspend bob")
async def suspend(session: Session, user: User) -> None:
    """Suspend an account: its log-ins, tokens and shares count no more until it is resumed."""
    done = await (await session.api()).post(f"/users/{part(user)}/suspend")
    if not session.out.value(done):
        session.out.say(f"Suspended {done['name']}. What he shared is shut, too, until: commonhold user resume {user}")


@command(app, "resume", example="user resume bob")
async def resume(session: Session, user: User) -> None:
    """End a suspension."""
    done = await (await session.api()).post(f"/users/{part(user)}/resume")
    if not session.out.value(done):
        session.out.say(f"Resumed {done['name']}.")


@command(app, "delete", example="user delete bob --transfer-to alice")
async def delete(
    session: Session,
    user: User,
    transfer_to: Annotated[
        str | None, typer.Option("--transfer-to", metavar="USER", help="Gets everything that the account owns.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an account, with everything it owns unless that is transferred."""
    if transfer_to is None and not yes and not session.out.json:
        typer.confirm(f"Delete {user} and everything that belongs to the account?", abort=True, err=True)
    await (await session.api()).call("DELETE", f"/users/{part(user)}", transfer_to=transfer_to)
    if not session.out.value({"deleted": user, "transferred_to": transfer_to}):
        kept = f" {transfer_to} owns now what was his." if transfer_to else ""
        session.out.say(f"Deleted {user}.{kept}")


@command(app, "password", example="user password alice --password -")
async def password(session: Session, user: User, password: NewPassword = None) -> None:
    """Set a password; every session and token of before is over."""
    secret = secret_of(password)
    if secret is None:
        secret = str(typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True))
    await (await session.api()).call("PUT", f"/users/{part(user)}/password", {"password": secret})
    if not session.out.value({"user": user}):
        session.out.say(f"{user} has a new password; all sessions and tokens of before are over.")
