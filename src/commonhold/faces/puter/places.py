"""Where things are: paths of a request read for its caller, entries of what is there, and folders made on the way."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from commonhold.core.content.making import make_folder
from commonhold.core.content.names import numbered
from commonhold.core.content.tree import Seen, get
from commonhold.core.directory.people import get_user
from commonhold.core.identity import ItemRef
from commonhold.core.model import Life
from commonhold.core.problems import Problem
from commonhold.faces.puter.problems import text_wanted, unknown_subject
from commonhold.faces.puter.references import file_of, file_ref, path_ref, resolve, split
from commonhold.faces.puter.values import UUID, Fields, Json
from commonhold.http.face import Call

T = TypeVar("T")

NUMBERS: Final = range(1, 21)  # tried in turn for a name that is free
DEEPEST: Final = 64  # folders that one request makes above one another


async def name_of_caller(call: Call, value: Json) -> str | None:
    """Return the caller's name, if a path begins with ``~``, which stands for his own folder."""
    if not isinstance(value, str) or not value.startswith("~") or call.actor.user is None:
        return None
    return (await get_user(call.core, call.actor, call.actor.user)).name


async def ref_in(call: Call, body: Fields) -> ItemRef:
    """Return the item that a body names by ``uid`` or ``path``.

    :raises ApiError: field_invalid, subject_does_not_exist
    """
    return file_of(body, await name_of_caller(call, body.get("path")))


async def ref_at(call: Call, value: Json, key: str) -> ItemRef:
    """Return the item that a path or uid names.

    :raises ApiError: field_invalid
    """
    return file_ref(value, await name_of_caller(call, value), key)


async def path_at(call: Call, value: Json, key: str = "path") -> str:
    """Return an absolute path; a uid stands for the path of its item.

    :raises ApiError: field_invalid
    :raises Problem: unknown_item
    """
    if not isinstance(value, str):
        raise text_wanted(key, value)
    if UUID.fullmatch(value):
        seen = await live(call, value.lower())
        return f"/{seen.owner_name or '-'}/{seen.item.uid}/{seen.item.name or '-'}"
    return resolve(value, await name_of_caller(call, value))


async def live(call: Call, ref: ItemRef) -> Seen:
    """Return an item that is not in the trash.

    :raises Problem: unknown_item
    """
    seen = await get(call.core, call.actor, ref)
    if seen.life is not Life.LIVE:
        raise Problem("unknown_item")
    return seen


async def folder_at(call: Call, path: str, *, make: bool, depth: int = 0) -> ItemRef:
    """Return a folder; with ``make``, it and whatever is missing above it is made.

    :raises ApiError: subject_does_not_exist
    """
    ref = path_ref(path)
    if not make:
        return ref
    try:
        return (await live(call, ref)).item.no
    except Problem as problem:
        above, name = split(path)
        if problem.code != "unknown_item" or above == "/" or depth >= DEEPEST:
            raise unknown_subject() from None
        parent = await folder_at(call, above, make=True, depth=depth + 1)
        return await _made(call, parent, name, ref)


async def _made(call: Call, parent: ItemRef, name: str, ref: ItemRef) -> ItemRef:
    """Make a folder; one that somebody made meanwhile will do."""
    try:
        return (await make_folder(call.core, call.actor, parent, name)).no
    except Problem as problem:
        if problem.code == "name_collides":
            return ref
        raise


async def with_free_name(name: str, do: Callable[[str], Awaitable[T]], *, dedupe: bool) -> T:
    """Do something under a name; where it is taken, and ``dedupe`` says so, under ``name (1)``, ``name (2)`` …

    :raises Problem: name_collides
    """
    tries = [name, *(numbered(name, number) for number in NUMBERS)] if dedupe else [name]
    for place, text in enumerate(tries):
        try:
            return await do(text)
        except Problem as problem:
            if problem.code != "name_collides" or place == len(tries) - 1:
                raise
    raise Problem("name_collides")
