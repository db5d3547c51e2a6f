"""``commonhold item``: files and folders."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer

from commonhold.cli.client import Api, Json, part
from commonhold.cli.command import Session, command
from commonhold.cli.exits import CommandError, Mistyped
from commonhold.cli.files import Progress, opened, read_chunks, write_chunks
from commonhold.cli.moments import shown
from commonhold.cli.options import Item, Most
from commonhold.cli.output import size_of

app = typer.Typer(help="Put, get, list, move and remove files and folders.", no_args_is_help=True)

Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
Parents = Annotated[bool, typer.Option("--parents", "-p", help="Make the folders above, too; fine if it is there.")]


async def home_of(api: Api, place: str | None) -> Json:
    """Return the folder that is named; one's own top folder if none is."""
    if place is None or place == "/":
        top: Json = (await api.get("/home"))["top"]
        return top
    return await api.item(place)


def rows(found: list[Json]) -> list[tuple[Any, ...]]:
    """Return items as lines of a table."""
    return [
        (one["kind"], one["name"], size_of(one["size"]) if one["kind"] == "file" else "", shown(one["changed_at"]),
         one["uid"])
        for one in found
    ]  # fmt: skip


COLUMNS = ("kind", "name", "size", "changed", "uid")


@command(app, "put", example="item put report.pdf /alice/Reports")
async def put(
    session: Session,
    file: Annotated[str, typer.Argument(help="A file; `-` is standard input.")],
    folder: Annotated[str | None, typer.Argument(help="Into which folder; your own space if left out.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Under another name.")] = None,
    rename: Annotated[bool, typer.Option("--rename", help="Where the name is taken: number it.")] = False,
) -> None:
    """Put a file into a folder; one of the same name gets a new version."""
    path = Path(file)
    if file == "-" and name is None:
        raise Mistyped("Standard input has no name. Give one: --name notes.txt")
    if file != "-" and path.is_dir():
        raise Mistyped(f"{file} is a folder. Share it as one: commonhold share {file}")
    api = await session.api()
    parent = await home_of(api, folder)
    size = None if file == "-" else path.stat().st_size if path.exists() else 0
    target = f"/items/{parent['uid']}/children/{part(name or path.name)}"
    collision = "rename" if rename else "version"
    stream = sys.stdin.buffer if file == "-" else opened(path)
    with stream, Progress(size or 0, silent=session.out.json).running() as bar:
        made = await api.upload(target, read_chunks(stream, bar.step), size, on_collision=collision)
    if not session.out.value(made):
        session.out.say(f"{made['name']}: {size_of(made['size'])}, uid {made['uid']}")


@command(app, "get", example="item get /alice/Reports/report.pdf --to report.pdf")
async def get(
    session: Session,
    item: Item,
    to: Annotated[
        str | None, typer.Option("--to", metavar="PATH", help="File to write; `-` is standard output.")
    ] = None,
    version: Annotated[int | None, typer.Option("--version", help="An older content.")] = None,
    force: Force = False,
) -> None:
    """Get a file, or a folder as a ZIP."""
    api = await session.api()
    found = await api.item(item)
    folder = found["kind"] == "folder"
    source = f"/items/{found['uid']}/{'zip' if folder else 'content'}"
    name = f"{found['name'] or 'files'}.zip" if folder else found["name"]
    async with api.stream("GET", source, version=version) as response:
        written = await save(response, to, name, found["size"], force=force, silent=session.out.json)
    if written is not None and not session.out.value({"path": str(written)}):
        session.out.say(f"Wrote {written}.")


async def save(
    response: httpx2.Response, to: str | None, name: str, size: int, *, force: bool, silent: bool
) -> Path | None:
    """Write a reply to a file (in the folder here, under its own name, unless told), or to standard output.

    :raises CommandError: it cannot be written there
    """
    if to == "-":
        async for chunk in response.aiter_raw():
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return None
    path = Path(to or Path(name).name)
    if path.is_dir():
        path /= Path(name).name
    with Progress(size, silent=silent).running() as bar:
        bar.file(path.name)
        chunks: AsyncIterator[bytes] = response.aiter_raw()
        await write_chunks(chunks, path, bar.step, force=force)
    return path


@command(app, "ls", example="item ls /alice")
async def ls(
    session: Session,
    folder: Annotated[str | None, typer.Argument(help="Path or uid; your own space if left out.")] = None,
    most: Most = None,
) -> None:
    """List a folder, or show a single item."""
    api = await session.api()
    found = await home_of(api, folder)
    if found["kind"] != "folder":
        if not session.out.value(found):
            session.out.card(_facts(found))
        return
    items = await api.list(f"/items/{found['uid']}/children", most, folders_first=True)
    if not session.out.value(items):
        session.out.table(COLUMNS, rows(items), "The folder is empty.")


def _facts(item: Json) -> list[tuple[str, Any]]:
    right = item.get("right") or {}
    return [
        ("name", item["name"]),
        ("kind", item["kind"]),
        ("path", item.get("path")),
        ("owner", item.get("owner")),
        ("size", size_of(item["size"]) if item["kind"] == "file" else None),
        ("type", item["media_type"] or item["type"]),
        ("address", item["url"]),
        ("sha256", item["sha256"]),
        ("changed", shown(item["changed_at"])),
        ("you may", right.get("actions")),
        ("uid", item["uid"]),
    ]


@command(app, "mkdir", example="item mkdir /alice/Reports/2026 -p")
async def mkdir(
    session: Session, path: Annotated[str, typer.Argument(help="Path of the new folder.")], parents: Parents = False
) -> None:
    """Make a folder."""
    names = path.strip("/").split("/")
    if not path.startswith("/") or len(names) < 2:
        raise Mistyped("Write the path of the new folder as /owner/folder.")
    api = await session.api()
    made = await _made(api, names, parents=parents)
    if not session.out.value(made):
        session.out.say(f"{path}: uid {made['uid']}")


async def _made(api: Api, names: list[str], *, parents: bool) -> Json:
    above = "/" + "/".join(names[:-1])
    if not parents:
        parent = await api.item(above)
        return await api.post(f"/items/{parent['uid']}/children", {"kind": "folder", "name": names[-1]})
    folder = await api.item(f"/{names[0]}")
    for name in names[1:]:
        folder = await subfolder(api, folder["uid"], name)
    return folder


async def subfolder(api: Api, parent: str, name: str) -> Json:
    """Return the folder of this name in another one; made if it is not there.

    :raises CommandError: there is something else of this name
    """
    async for one in api.pages(f"/items/{parent}/children", folders_first=True):
        if one["name"] == name:
            if one["kind"] != "folder":
                raise CommandError(f"{name} is there already, and is no folder.")
            return one
    return await api.post(f"/items/{parent}/children", {"kind": "folder", "name": name})


@command(app, "mv", example="item mv /alice/report.pdf /alice/Reports --name final.pdf")
async def mv(
    session: Session,
    item: Item,
    folder: Annotated[str | None, typer.Argument(help="Into which folder.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The new name.")] = None,
) -> None:
    """Move an item into another folder, rename it, or both."""
    if folder is None and name is None:
        raise Mistyped("Say where to, or the new name: commonhold item mv ITEM FOLDER --name NAME")
    api = await session.api()
    body = {"parent": await api.uid(folder) if folder else None, "name": name}
    done = await api.post(f"/items/{await api.uid(item)}/move", body)
    if not session.out.value(done):
        session.out.say(f"{done['name']}: moved." if folder else f"Renamed to {done['name']}.")


@command(app, "rm", example="item rm /alice/old.txt")
async def rm(
    session: Session,
    item: Item,
    purge: Annotated[bool, typer.Option("--purge", help="For good, not into the trash.")] = False,
) -> None:
    """Move an item to the trash, from where it can be restored."""
    api = await session.api()
    uid = await api.uid(item)
    done = await api.call("DELETE", f"/items/{uid}")
    if purge:
        await api.call("DELETE", f"/trash/{uid}")
    if not session.out.value({**done, "purged": purge}):
        back = "for good" if purge else f"to the trash. Back again: commonhold item restore {uid}"
        session.out.say(f"Removed {done['name']} {back}.".replace(f"{uid}.", uid))


@command(app, "trash", example="item trash")
async def trash(
    session: Session,
    of: Annotated[str | None, typer.Argument(metavar="[ITEM]", help="Of whose space: any item in it.")] = None,
    most: Most = None,
) -> None:
    """List what lies in the trash."""
    api = await session.api()
    found = await api.list("/trash", most, within=of)
    if not session.out.value(found):
        lines = [(one["kind"], one["name"], shown(one["trashed_at"]), one["uid"]) for one in found]
        session.out.table(("kind", "name", "removed", "uid"), lines, "The trash is empty.")


@command(app, "restore", example="item restore 5f0c8c5e-4a9e-4a3c-9a53-0f6a4f7b1c2d")
async def restore(session: Session, uid: Annotated[str, typer.Argument(help="Uid of the item (item trash).")]) -> None:
    """Bring an item back from the trash."""
    done = await (await session.api()).post(f"/trash/{part(uid)}/restore")
    if not session.out.value(done):
        session.out.say(f"Restored {done['name']}.")
