"""Every page of the web UI, with something on it: for the rules of accessibility, for pictures, for reading aloud.

A page that is not here fails ``test_gallery.py``: each route that shows a page has a stop, or stands in ``ELSEWHERE``.
"""

import struct
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from tests.faces.web.site import Site, pieces

from commonhold.core.content.files import put_content
from commonhold.core.content.trash import trash
from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.members import add_members
from commonhold.core.directory.orgs import add_org
from commonhold.core.directory.people import get_user
from commonhold.core.identity import Actor, Named
from commonhold.core.model import EVERYONE, LINK
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.opening import open_share

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR

ELSEWHERE: Final[dict[str, str]] = {
    "/": "leads to /app",
    "/app/sign-in/outside": "leads to the provider of log-ins",
    "/app/sign-in/back": "leads on from the provider of log-ins",
}
"""Routes of pages that show nothing of their own, and what they do instead."""


class Stop(msgspec.Struct, frozen=True):
    """A page to look at: its name, where it is, as whom; ``route`` is the path of its route."""

    name: str
    route: str
    path: str
    who: str | None = None


def picture(width: int = 640, height: int = 400) -> bytes:
    """Return a picture with something to see on it: hills under an evening sky, as PNG."""
    rows = []
    for y in range(height):
        row = bytearray(b"\0")
        for x in range(width):
            hill = height * 0.62 + 40 * ((x / width - 0.3) ** 2) * 4 - 25 * ((x * 7 // width) % 2)
            near = height * 0.8 + 30 * ((x / width - 0.7) ** 2) * 3
            if y > near:
                row += bytes((38, 70, 58))
            elif y > hill:
                row += bytes((72, 112, 96))
            else:
                part = y / height
                row += bytes((int(250 - 60 * part), int(196 - 30 * part), int(150 + 60 * part)))
        rows.append(bytes(row))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(b"".join(rows))),
            (b"IEND", b""),
        )
    )


Furnish = Callable[[Site, dict[str, Any]], Awaitable[list[Stop]]]


async def visitors(site: Site, _: dict[str, Any]) -> list[Stop]:
    """Pages for everybody: coming in, and links."""
    folder = await site.folder("Summer school")
    letter = await site.file(
        "Letter to the parents.txt", b"Dear parents,\n\nwe meet at eight at the gate.\n", folder.no
    )
    photo = await site.file("Gate at dawn.png", picture(), folder.no)
    await site.file("Timetable.pdf", b"%PDF-1.4 no more than a beginning", folder.no)
    await site.folder("Photos", folder.no)
    inbox = await site.folder("Homework")
    now = site.clock()
    note = "Please bring boots."
    free = await site.link(folder, note=note, until=now + 90 * DAY)
    locked = await site.link(letter, password="pw", max_uses=3)
    later = await site.link(photo, starts=now + 2 * DAY)
    over = await site.link(photo, until=now + HOUR)
    image = await site.link(photo)
    drop = await site.link(inbox, Role.UPLOADER, note="One file each, please.")
    site.clock.advance(2 * HOUR)
    return [
        Stop("sign-in", "/app/sign-in", "/app/sign-in"),
        Stop("forgotten", "/app/forgotten", "/app/forgotten"),
        Stop("setup", "/app/setup/{secret}", "/app/setup/x"),
        Stop("enter", "/app/enter/{secret}", "/app/enter/x"),
        Stop("verify", "/app/verify/{secret}", "/app/verify/x"),
        Stop("reset", "/app/reset/{secret}", "/app/reset/x"),
        Stop("link-folder", "/s/{secret}", free),
        Stop("link-file", "/s/{secret}/{item}", f"{free}/{letter.uid}"),
        Stop("link-picture", "/s/{secret}", image),
        Stop("link-password", "/s/{secret}", locked),
        Stop("link-not-yet", "/s/{secret}", later),
        Stop("link-ended", "/s/{secret}", over),
        Stop("link-drop", "/s/{secret}", drop),
        Stop("nothing-here", "/s/{secret}", "/s/nothing"),
    ]


async def people(site: Site, _: dict[str, Any]) -> list[Stop]:
    """Pages of somebody who is logged in: what is shared with him, and his own."""
    plans = await site.folder("Plans")
    letter = await site.file("Draft.txt", b"First of all", plans.no)
    closed = await site.file("Marks.txt", b"secret")
    gone = await site.file("Old.txt", b"old")
    await site.share(plans, Named("bob", Kind.USER), Role.EDITOR, until=site.clock() + 30 * DAY)
    await site.share(await site.file("Invitation.txt", b"come"), Named("bob", Kind.USER))
    await site.link(plans, note="for the council")
    opened = await site.share(closed, Named("bob", Kind.USER), password="pw")
    await trash(site.core, site.alice, gone.no)
    return [
        Stop("received", "/app", "/app", "bob"),
        Stop("received-password", "/app/shares/{share}", f"/app/shares/{opened.uid}", "bob"),
        Stop("folder", "/app/items/{item}", f"/app/items/{plans.uid}", "alice"),
        Stop("file", "/app/items/{item}", f"/app/items/{letter.uid}", "alice"),
        Stop("file-of-another", "/app/items/{item}", f"/app/items/{letter.uid}", "bob"),
    ]


async def sharing(site: Site, _: dict[str, Any]) -> list[Stop]:
    """Pages of shares: made, changed, opened, ended; and who has access."""
    minutes = await site.file("Minutes.txt", b"Present: all", (await site.folder("Council")).no)
    now = site.clock()
    given = await site.share(minutes, Named("bob", Kind.USER), Role.EDITOR, until=now + 5 * DAY, note="Please read")
    link = await site.share(minutes, LINK, max_uses=9, note="for the press", until=now + 20 * DAY)
    for _hour in range(3):
        await open_share(site.core, Actor(), link.uid)
    await site.share(minutes, EVERYONE, Role.PREVIEWER)
    item, shares = f"/app/items/{minutes.uid}", "/app/shares"
    return [
        Stop("given", "/app/given", "/app/given", "alice"),
        Stop("links", "/app/links", "/app/links", "alice"),
        Stop("share", "/app/items/{item}/share", f"{item}/share", "alice"),
        Stop("access", "/app/items/{item}/access", f"{item}/access?who=bob", "alice"),
        Stop("share-of-a-person", "/app/shares/{share}/details", f"{shares}/{given.no}/details", "alice"),
        Stop("share-by-link", "/app/shares/{share}/details", f"{shares}/{link.no}/details", "alice"),
        Stop("share-end", "/app/shares/{share}/end", f"{shares}/{given.no}/end", "alice"),
        Stop("share-decline", "/app/shares/{share}/end", f"{shares}/{given.no}/end", "bob"),
    ]


async def items(site: Site, _: dict[str, Any]) -> list[Stop]:
    """Pages of files and folders: as pictures too, named, moved, thrown away, found, in versions."""
    course = await site.folder("Course")
    await site.folder("Exercises", course.no)
    files = [await site.file(f"Lesson {number}.txt", b"Sine and cosine", course.no) for number in (1, 2)]
    await site.file("Board.png", picture(), course.no)
    await put_content(site.core, site.alice, files[0].no, pieces(b"Sine, cosine and tangent"))
    gone = await site.file("Lesson 0.txt", b"Numbers", course.no)
    await trash(site.core, site.alice, gone.no)
    chosen, one = "&".join(f"item={file.uid}" for file in files), f"/app/items/{files[0].uid}"
    return [
        Stop("files", "/app/files", "/app/files", "alice"),
        Stop("folder-as-pictures", "/app/items/{item}", f"/app/items/{course.uid}?view=grid&sort=-changed", "alice"),
        Stop("rename", "/app/items/{item}/rename", f"{one}/rename", "alice"),
        Stop("move", "/app/chosen/move", f"/app/chosen/move?{chosen}", "alice"),
        Stop("copy", "/app/chosen/copy", f"/app/chosen/copy?{chosen}", "alice"),
        Stop("throw-away", "/app/chosen/trash", f"/app/chosen/trash?{chosen}", "alice"),
        Stop("trash", "/app/trash", "/app/trash", "alice"),
        Stop("delete-for-good", "/app/trash/purge", f"/app/trash/purge?item={gone.uid}", "alice"),
        Stop("empty-the-trash", "/app/trash/empty", "/app/trash/empty", "alice"),
        Stop("versions", "/app/items/{item}/versions", f"{one}/versions", "alice"),
        Stop("delete-version", "/app/items/{item}/versions/{ordinal}/delete", f"{one}/versions/1/delete", "alice"),
        Stop("search", "/app/search", "/app/search?q=lesson", "alice"),
    ]


async def administration(site: Site, _: dict[str, Any]) -> list[Stop]:
    """Pages of one's account, of groups, and of administrators."""
    team = await add_group(site.core, site.alice, NewGroup(title="Drama-group"))
    await add_members(site.core, site.alice, team.no, [Named("bob", Kind.USER)])
    bob = await get_user(site.core, site.root, Named("bob", Kind.USER))
    school = await add_org(site.core, site.root, "School")
    group, person = f"/app/groups/{team.uid}", f"/app/people/{bob.uid}"
    return [
        Stop("account", "/app/account", "/app/account", "alice"),
        Stop("account-access", "/app/account/access", "/app/account/access", "alice"),
        Stop("notices", "/app/account/notices", "/app/account/notices", "bob"),
        Stop("groups", "/app/groups", "/app/groups", "alice"),
        Stop("group", "/app/groups/{group}", group, "alice"),
        Stop("group-delete", "/app/groups/{group}/delete", f"{group}/delete", "alice"),
        Stop("people", "/app/people", "/app/people", "root"),
        Stop("person", "/app/people/{user}", person, "root"),
        Stop("person-delete", "/app/people/{user}/delete", f"{person}/delete", "root"),
        Stop("organisations", "/app/orgs", "/app/orgs", "root"),
        Stop("organisation", "/app/orgs/{org}", f"/app/orgs/{school.uid}", "root"),
        Stop("all-shares", "/app/shares", "/app/shares", "root"),
        Stop("settings", "/app/settings", "/app/settings", "root"),
        Stop("audit", "/app/audit", "/app/audit", "root"),
    ]


PARTS: Final[tuple[Furnish, ...]] = (visitors, people, sharing, items, administration)


async def furnish(site: Site) -> list[Stop]:
    """Fill a site, and return its stops."""
    known: dict[str, Any] = {}
    return [stop for part in PARTS for stop in await part(site, known)]
