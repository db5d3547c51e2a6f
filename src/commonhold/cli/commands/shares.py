"""``commonhold shares``: the shares there are, changed and ended; ``open``, ``why`` and ``audience``."""

from typing import Annotated, Any

import typer

from commonhold.cli.client import Api, Json, link_of, part
from commonhold.cli.command import Session, command, secret_of
from commonhold.cli.commands.items import Force, save
from commonhold.cli.exits import Refused
from commonhold.cli.moments import shown
from commonhold.cli.options import Expires, Item, MaxUses, Most, Note, Password, RoleOption, Share, Starts, terms_of
from commonhold.cli.where import over_http

app = typer.Typer(help="List, show, change, withdraw and renew shares.", no_args_is_help=True)
root = typer.Typer()

COLUMNS = ("id", "item", "with", "role", "state", "until", "uses")
AUDIENCE = ("who", "kind", "may", "why")

CUT = {"reshares": "share·s passed on", "passes": "pass·es of opened links", "sessions": "log-in·s by links"}

Shares = Annotated[list[str], typer.Argument(metavar="SHARE...", help="Ids or uids of shares, or links.")]


def recipient(share: Json) -> str:
    """Name the recipient of a share."""
    to = share["recipient"]
    return to["kind"] if to["kind"] in ("link", "everyone") else f"{to['name'] or '?'} ({to['kind']})"


def _row(share: Json) -> tuple[Any, ...]:
    most = share["max_uses"]
    uses = f"{share['used']}/{most}" if most is not None else share["used"] or ""
    item = share["item"]["name"] or share["item"]["uid"]
    return share["id"], item, recipient(share), share["role"], share["state"], shown(share["until"]), uses


@command(app, "list", example="shares list")
async def list_shares(
    session: Session,
    item: Annotated[str | None, typer.Argument(metavar="[ITEM]", help="Those on this item.")] = None,
    received: Annotated[bool, typer.Option("--received", help="Those that were given to you.")] = False,
    most: Most = None,
) -> None:
    """List live shares: those you made, those you received, or those on an item."""
    api = await session.api()
    if item is not None:
        shares = await api.list(f"/items/{await api.uid(item)}/shares", most)
    else:
        shares = await api.list("/shares", most, direction="received" if received else "made")
    if not session.out.value(shares):
        session.out.table(COLUMNS, [_row(one) for one in shares], "No live share.")


async def uid_of(api: Api, text: str) -> str:
    """Return the uid of a share that is named by it, or, by those who made it, by its number or its link."""
    number = int(text) if text.isascii() and text.isdigit() else None
    secret = link_of(text)[1] if "/s/" in text else None
    if number is None and secret is None:
        return text
    async for one in api.pages("/shares", direction="made"):
        if one["id"] == number or (secret is not None and (one.get("link") or {}).get("secret") == secret):
            return str(one["uid"])
    raise Refused({"code": "unknown_share", "detail": f"You made no live share {text}.", "field": "share"})


@command(app, "show", example="shares show http://127.0.0.1:8080/s/3sVw…")
async def show(session: Session, share: Share) -> None:
    """Show one share; its link to those who may change it."""
    api = await session.api()
    found = await api.get(f"/shares/{part(await uid_of(api, share))}")
    if not session.out.value(found):
        session.out.card(facts(found))


def facts(share: Json) -> list[tuple[str, Any]]:
    """Return a share as lines of a card."""
    most = share["max_uses"]
    return [
        ("item", share["item"]["name"] or share["item"]["uid"]),
        ("with", recipient(share)),
        ("role", share["role"]),
        ("state", share["state"]),
        ("from", shown(share["starts"])),
        ("until", shown(share["until"])),
        ("password", share["password"] or None),
        ("uses", f"{share['used']} of {most}" if most is not None else share["used"] or None),
        ("may pass it on to", share["pass_on_to"]),
        ("note", share["note"]),
        ("made", f"{shown(share['made_at'])} by {share['sharer'] or '?'} ({share['face']})"),
        ("link", (share.get("link") or {}).get("url")),
        ("id", share["id"]),
        ("uid", share["uid"]),
    ]


@command(app, "amend", example="shares amend SHARE --role editor --expires 30d")
async def amend(
    session: Session,
    share: Share,
    role: RoleOption = None,
    password: Password = None,
    expires: Expires = None,
    starts: Starts = None,
    max_uses: MaxUses = None,
    note: Note = None,
    no_password: Annotated[bool, typer.Option("--no-password", help="Take the password away.")] = False,
    no_expires: Annotated[bool, typer.Option("--no-expires", help="Let it live on.")] = False,
    no_starts: Annotated[bool, typer.Option("--no-starts", help="Let it begin at once.")] = False,
    no_max_uses: Annotated[bool, typer.Option("--no-max-uses", help="Count no uses.")] = False,
    no_note: Annotated[bool, typer.Option("--no-note", help="Take the note away.")] = False,
    new_link: Annotated[bool, typer.Option("--new-link", help="A new secret; the old link opens nothing.")] = False,
) -> None:
    """Change role and terms of a share; what is left out stays."""
    terms = terms_of(password=password, expires=expires, starts=starts, max_uses=max_uses, note=note)
    gone = {
        "password": no_password,
        "until": no_expires,
        "starts": no_starts,
        "max_uses": no_max_uses,
        "note": no_note,
    }
    terms |= dict.fromkeys(name for name, away in gone.items() if away)
    api = await session.api()
    uid = part(await uid_of(api, share))
    body = {"terms": terms} | ({"role": role} if role is not None else {})
    done: Json = await api.call("PATCH", f"/shares/{uid}", body)
    if new_link:
        done = await api.post(f"/shares/{uid}/secret")
    if not session.out.value(done):
        session.out.card(facts(done))


@command(app, "withdraw", example="shares withdraw SHARE")
async def withdraw(
    session: Session,
    shares: Shares,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and do nothing.")] = False,
) -> None:
    """End shares: the next request by them is refused, by whatever was handed out."""
    api = await session.api()
    uids = [await uid_of(api, share) for share in shares]
    report = await api.post("/shares/withdraw", {"shares": uids}, dry_run=dry_run or None)
    refused = [(shares[pair["recipient"]], pair["problem"]) for pair in report["pairs"] if pair.get("problem")]
    if not session.out.value(report):
        done = len(shares) - len(refused)
        session.out.say(f"{'Would end' if dry_run else 'Ended'} {_counted(done, 'share·s')}.")
        cut = report.get("receipt") or {}
        if any(cut.get(name) for name in CUT):
            ended = ", ".join(_counted(cut[name], word) for name, word in CUT.items() if cut[name])
            session.out.say(f"With {'it' if done == 1 else 'them'} {'would end' if dry_run else 'ended'}: {ended}.")
    if refused:
        names = ", ".join(f"{name} ({problem['code']})" for name, problem in refused)
        raise Refused({"code": refused[0][1]["code"], "detail": f"Not ended: {names}.", "field": "shares"})


def _counted(count: int, word: str) -> str:
    """Count things; ``word`` has a dot where the plural differs: ``pass·es of a link``."""
    one, dot, more = word.partition("·")
    plural, _, rest = more.partition(" ")
    return f"{count} {one}{plural if count != 1 else ''}{' ' * bool(rest)}{rest}" if dot else f"{count} {word}"


@command(app, "renew", example="shares renew SHARE --expires 7d")
async def renew(
    session: Session, share: Share, expires: Expires = None, starts: Starts = None, max_uses: MaxUses = None
) -> None:
    """Give a share a new window, and count its uses from nought."""
    terms = terms_of(expires=expires, starts=starts, max_uses=max_uses)
    api = await session.api()
    done = await api.post(f"/shares/{part(await uid_of(api, share))}/renew", {"terms": terms})
    if not session.out.value(done):
        session.out.card(facts(done))


@command(root, "open", example="open http://127.0.0.1:8080/s/3sVw… --to .")
async def open_link(
    session: Session,
    link: Annotated[str, typer.Argument(help="A link, or its secret.")],
    password: Password = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="PATH", help="Save it there: a file, a folder, or `-`.")
    ] = None,
    look: Annotated[bool, typer.Option("--look", help="Only say what it is: counts no use.")] = False,
    force: Force = False,
) -> None:
    """Open a link, which counts a use; or only look at it."""
    base, secret = link_of(link)
    if base is None:
        await _open(session, await session.api(), secret, password, to, look=look, force=force)
        return
    async with over_http(base, None) as api:
        await _open(session, api, secret, password, to, look=look, force=force)


async def _open(
    session: Session, api: Api, secret: str, password: str | None, to: str | None, *, look: bool, force: bool
) -> None:
    seen = await api.get(f"/links/{part(secret)}")
    if look:
        if not session.out.value(seen):
            session.out.card(_peeked(seen))
        return
    opened = await api.post(f"/links/{part(secret)}/open", {"password": secret_of(password)})
    if to is None:
        if not session.out.value(opened):
            held = [("you may", may(opened["right"]["actions"])), ("open until", shown(opened["until"]))]
            session.out.card([("name", opened["item"]["name"]), ("kind", opened["item"]["kind"]), *held])
        return
    found = opened["item"]
    folder = found["kind"] == "folder"
    headers = {"commonhold-pass": opened["token"]}
    source = f"/items/{found['uid']}/{'zip' if folder else 'content'}"
    async with api.stream("GET", source, headers=headers) as response:
        size = int(response.headers.get("content-length", "0"))
        name = f"{found['name']}.zip" if folder else found["name"]
        path = await save(response, to, name, size, force=force, silent=session.out.json)
    if path is not None and not session.out.value({**opened, "path": str(path)}):
        session.out.say(f"Wrote {path}.")


def _peeked(seen: Json) -> list[tuple[str, Any]]:
    item = seen["item"] or {}
    return [
        ("name", item.get("name")),
        ("kind", item.get("kind")),
        ("from", seen["sharer"]),
        ("state", seen["state"]),
        ("password", "needed" if seen["password"] else None),
        ("uses left", seen["uses_left"]),
        ("starts", shown(seen["starts"])),
        ("until", shown(seen["until"])),
    ]


@command(root, "why", example="why /alice/Reports --user bob")
async def why(
    session: Session,
    item: Item,
    user: Annotated[str | None, typer.Option("--user", "--who", help="Whose right; your own if left out.")] = None,
) -> None:
    """Say what somebody may do with an item, and every reason for it."""
    api = await session.api()
    found = await api.get(f"/items/{await api.uid(item)}/why", user=user)
    if session.out.value(found):
        return
    who = user or "You"
    actions = may(found["right"]["actions"]).replace("everything", "do everything with")
    session.out.say(f"{who} may {actions or 'do nothing with'} {found['item']['name'] or 'it'}.")
    for reason in found["reasons"]:
        session.out.say(f"  {'·' if reason['counts'] else '×'} {told(reason, found['item'])}")


def may(actions: list[str]) -> str:
    """Write actions for people."""
    return "everything" if "manage" in actions else ", ".join(actions)


def told(reason: Json, item: Json | None = None) -> str:
    """Say one reason in words; ``item``: what it is about, which need not be named again."""
    by = {
        "owner": "owns the space",
        "administrator": "administers it",
        "rule": "by a rule of the collection",
        "share": f"by share #{reason['share']}",
    }.get(reason["by"], reason["by"])
    parts: list[str] = [str(by)]
    if reason["by"] == "share" and reason["place"] and reason["place"]["uid"] != (item or {}).get("uid"):
        parts.append(f"on {reason['place']['name'] or 'the space'}")
    if reason["through"]:
        parts.append(f"as a member of {_name(reason['through'])}")
    if reason["backers"]:
        parts.append("given by " + ", in turn by ".join(map(_name, reason["backers"])))
    if reason["until"]:
        parts.append(f"until {shown(reason['until'])}")
    if not reason["counts"]:
        parts.append(f"but it gives nothing now: {(reason['missing'] or 'unknown').replace('_', ' ')}")
    return ", ".join(parts)


def _name(somebody: Json) -> str:
    name: str = somebody["name"] or f"#{somebody['id']}"
    return f"the {somebody['kind']} {name}" if somebody["kind"] in ("group", "org") else name


@command(root, "audience", example="audience /alice/Reports")
async def audience(session: Session, item: Item, most: Most = None) -> None:
    """List everybody an item reaches, each with the reason."""
    api = await session.api()
    about = await api.item(item)
    found = await api.list(f"/items/{about['uid']}/audience", most)
    if not session.out.value(found):
        rows = [audience_row(one, about) for one in found]
        session.out.table(AUDIENCE, rows, "It reaches nobody.")


def audience_row(reason: Json, item: Json) -> tuple[Any, ...]:
    """Return one line of an audience."""
    who = reason["who"]
    name = who["name"] or ("whoever has the link" if who["kind"] == "link" else f"#{who['id']}")
    return name, who["kind"], may(reason["actions"]), told(reason, item)
