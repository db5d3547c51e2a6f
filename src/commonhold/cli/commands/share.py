"""``commonhold share``: put files and folders up, share them, and serve them."""

import getpass
import re
import socket
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from commonhold import wiring
from commonhold.cli.client import Api, Json
from commonhold.cli.command import Session, command
from commonhold.cli.exits import Mistyped, Refused, Unusable
from commonhold.cli.files import Progress
from commonhold.cli.listening import lan_address, listen
from commonhold.cli.mirror import Mirror, Mirrored, facts, total_of
from commonhold.cli.moments import shown
from commonhold.cli.options import Expires, MaxUses, Note, Password, Starts, terms_of
from commonhold.cli.output import size_of
from commonhold.cli.serving import become_server
from commonhold.cli.where import actor_on, core_of, in_process, settings_of
from commonhold.core.core import Core
from commonhold.core.directory.installation import is_set_up, set_up
from commonhold.core.directory.people import NewUser
from commonhold.core.problems import Problem
from commonhold.settings import Settings

root = typer.Typer()

DID = {
    "created": "shared",
    "pending": "shared; waits for an account with this address",
    "changed": "was shared already; changed",
    "kept": "was shared already",
}


class Wish(msgspec.Struct):
    """What is to be shared with whom: the recipients as typed, in one role, under terms."""

    paths: list[Path]
    recipients: list[Any]
    role: str
    terms: Json

    @property
    def names(self) -> list[str]:
        """The recipients as they are named in what is printed."""
        return [one if isinstance(one, str) else one["kind"] for one in self.recipients]


class Place(msgspec.Struct):
    """Where a share is served: ``listener`` if this process will do it; ``running`` if a server does already."""

    settings: Settings
    listener: socket.socket | None = None
    running: bool = False


@command(root, "share", example="share report.pdf --expires 7d --password -")
async def share(
    session: Session,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders.")],
    recipients: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="WHOM", help="A user, a group, a mail address, or `everyone`; repeatable."),
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Make a link, too, where --with is given.")] = False,
    role: Annotated[str, typer.Option("--role", help="viewer, previewer, uploader, editor …")] = "viewer",
    password: Password = None,
    expires: Expires = None,
    starts: Starts = None,
    max_uses: MaxUses = None,
    note: Note = None,
    lan: Annotated[bool, typer.Option("--lan", help="Listen on the local network, and print a QR code.")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only make the share; serve nothing.")] = False,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Share files and folders by a link, or with people, and serve them until Ctrl-C.

    Shared again, the same path is the same item: new content becomes a new version, and the link stays. If a server
    runs on the data directory, or --url names one, it serves what is shared, and the command ends at once.
    """
    terms = terms_of(password=password, expires=expires, starts=starts, max_uses=max_uses, note=note)
    whom: list[Any] = [{"kind": "everyone"} if one == "everyone" else one for one in recipients or []]
    wish = Wish(paths, whom + ([{"kind": "link"}] if link or not whom else []), role, terms)
    total = total_of(paths)
    if session.where.url is not None:
        if lan or no_serve or port is not None:
            raise Mistyped("--lan, --port and --no-serve are for data directories: with --url, that server serves.")
        await _share(session, await session.api(), wish, total, None)
        return
    place = place_of(session, lan=lan, serve=not no_serve, port=port)
    core = await session.enter(core_of(place.settings))
    if session.where.as_user is None:
        await _ensure_administrator(core)
    actor = await actor_on(core, session.where.as_user)
    api = await session.enter(in_process(core, place.settings, actor))
    await _share(session, api, wish, total, place, lan=lan)
    listener = place.listener
    if listener is not None:
        session.then = lambda: become_server(place.settings, listener)


def place_of(session: Session, *, lan: bool, serve: bool, port: int | None) -> Place:
    """Say where the share will be served, and listen there if nobody does yet.

    :raises Unusable: nobody can
    """
    settings = session.settings
    server = wiring.running(settings)
    if server is not None or not serve:
        if server is not None and lan:
            session.out.warn("A server runs already, on the address that it was started with; --lan changes nothing.")
        return Place(settings, running=server is not None)
    level = None if "log.level" in settings.origins else "warning"
    host = "0.0.0.0" if lan else None  # noqa: S104 - `--lan` asks for just this
    given = {"data": session.where.data, "port": port, "host": host, "log.level": level}
    settings = settings_of(given)
    try:
        listener, settings = listen(settings)
    except Unusable:
        if "port" in settings.origins:
            raise
        listener, settings = listen(msgspec.structs.replace(settings, port=0))
    if lan and settings.base_url is None:
        address = lan_address()
        if address is None:
            raise Unusable("This machine has no address on a network. Leave --lan out to share on this machine.")
        scheme = "https" if settings.tls.cert else "http"
        settings = msgspec.structs.replace(settings, base_url=f"{scheme}://{address}:{settings.port}")
    return Place(settings, listener)


async def _ensure_administrator(core: Core) -> None:
    """Make the owner of this machine the administrator of a directory that has none: pages name him as the sharer."""
    if await is_set_up(core):
        return
    name = local_name()
    for tried in (name, f"{name}-admin", f"{name}-{core.secrets.uid()[:8]}"):
        try:
            await set_up(core, NewUser(name=tried, admin=True))
            return
        except Problem as problem:
            if problem.code == "already_set_up":
                return
            if problem.code != "name_taken":
                raise Refused({"code": problem.code, "detail": problem.sentence}) from None


def local_name() -> str:
    """Return the name of the user of this machine, as accounts are named."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = ""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:50] or "owner"


async def _share(session: Session, api: Api, wish: Wish, total: int, place: Place | None, *, lan: bool = False) -> None:
    """Put up, share, and say what happened."""
    with Progress(total, silent=session.out.json).running() as bar:
        mirror = Mirror(api, bar)
        done = [await mirror.put(path) for path in wish.paths]
    pairs = await _pairs(api, wish, done)
    links = [pair["link"]["url"] for pair in pairs if pair.get("link")]
    told = {
        "link": links[0] if links else None,
        "links": links,
        "items": [facts(one) for one in done],
        "shares": pairs,
        "server": api.base,
        "serving": place is not None and (place.running or place.listener is not None),
    }
    if not session.out.value(told):
        _tell(session, wish, done, pairs)
        _tell_where(session, wish, place, links, lan=lan)
    _tell_left(session, done)
    refused = [pair for pair in pairs if pair.get("problem")]
    if refused and (place is None or place.listener is None):
        raise Refused({"code": refused[0]["problem"]["code"], "detail": "Not all was shared; see above."})


async def _pairs(api: Api, wish: Wish, done: list[Mirrored]) -> list[Json]:
    """Share what is to be shared, and return what became of each pair. A plain link is made once for an item.

    :raises Refused: nothing at all was shared
    """
    old: dict[int, Json] = {}
    if not wish.terms and wish.recipients == [{"kind": "link"}]:
        for place, one in enumerate(done):
            shares = await api.list(f"/items/{one.item['uid']}/shares")
            plain = next((found for found in shares if _is_plain_link(found, wish.role)), None)
            if plain is not None:
                kept = {"did": "kept", "role": wish.role, "share": plain["uid"], "link": plain["link"]}
                old[place] = {"item": place, "recipient": 0, **kept}
    new = [place for place in range(len(done)) if place not in old]
    pairs = await _propose(api, wish, [done[place] for place in new]) if new else []
    return [*old.values(), *({**pair, "item": new[pair["item"]]} for pair in pairs)]


def _is_plain_link(share: Json, role: str) -> bool:
    bare = not share["password"] and all(share[term] is None for term in ("starts", "until", "max_uses", "note"))
    return bare and share["state"] == "open" and share["role"] == role and bool(share.get("link"))


async def _propose(api: Api, wish: Wish, done: list[Mirrored]) -> list[Json]:
    """Share, and return what became of each pair.

    :raises Refused: nothing at all was shared
    """
    body = {
        "items": [one.item["uid"] for one in done],
        "recipients": wish.recipients,
        "role": wish.role,
        "terms": wish.terms,
    }
    try:
        report = await api.post("/shares", body)
    except Refused as refused:
        raise _blamed(refused, wish) from None
    pairs: list[Json] = report["pairs"]
    return pairs


def _blamed(refused: Refused, wish: Wish) -> Refused:
    """Return a refusal that names the recipients it is about."""
    report = (refused.problem.get("facts") or {}).get("report") or {}
    blamed = [wish.names[place] for place, one in enumerate(report.get("recipients", ())) if one]
    if not blamed:
        return refused
    return Refused({**refused.problem, "detail": f"{', '.join(blamed)}: {refused.sentence}"})


def _tell(session: Session, wish: Wish, done: list[Mirrored], pairs: list[Json]) -> None:
    """Say what was shared and with whom."""
    for place, one in enumerate(done):
        session.out.say(_line(one))
        for pair in (pair for pair in pairs if pair["item"] == place):
            name = wish.names[pair["recipient"]]
            if pair.get("problem"):
                session.out.say(f"  {name}: not shared. {pair['problem']['detail']} ({pair['problem']['code']})")
            elif pair.get("link"):
                session.out.say(f"  {pair['link']['url']}")
            else:
                until = f", until {shown(pair['until'])}" if pair.get("until") else ""
                session.out.say(f"  {name}: {DID.get(pair['did'], pair['did'])} ({pair.get('role')}{until})")


def _line(one: Mirrored) -> str:
    """Describe what was put up, in a line."""
    if one.item["kind"] == "folder":
        count = one.sent + one.same
        return f"{one.item['name']}/ ({count} file{'s' if count != 1 else ''}, {one.sent} new)"
    return f"{one.item['name']} ({size_of(one.item['size'])})"


def _tell_left(session: Session, done: list[Mirrored]) -> None:
    left = [line for one in done for line in one.left]
    for line in left[:10]:
        session.out.warn(f"Left out: {line}")
    if len(left) > 10:
        session.out.warn(f"… and {len(left) - 10} more.")


def _tell_where(session: Session, wish: Wish, place: Place | None, links: list[str], *, lan: bool) -> None:
    """Say who serves it, from where it can be reached, and where mails go."""
    if place is None:
        return
    settings = place.settings
    if lan and links and place.listener is not None:
        session.out.bare(_qr(links[0]))
    mails = any(name not in ("link", "everyone") for name in wish.names)
    if mails and settings.smtp.host is None:
        session.out.say(f"No mail server is set: mails are written to {settings.data / 'mails.txt'}.")
    if place.listener is not None:
        near = "" if lan or settings.base_url else " Only this machine reaches it; share on your network with --lan."
        session.out.say(f"Serving until Ctrl-C.{near}")
    elif not place.running:
        session.out.say(f"Nobody serves it yet: commonhold serve --data {settings.data}")


def _qr(text: str) -> str:
    """Draw a link for cameras."""
    import io

    import segno

    drawn = io.StringIO()
    segno.make(text, micro=False).terminal(out=drawn, compact=True)
    return drawn.getvalue()
