"""Files, apps and people as clients name them: paths, uids, names and addresses, read into the core's references."""

import re
from typing import Final

from commonhold.core.content.names import parse_path
from commonhold.core.directory.addresses import is_address
from commonhold.core.identity import ItemRef, Named, Path
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Kind
from commonhold.faces.puter.problems import field_invalid, text_wanted, unknown_subject
from commonhold.faces.puter.values import MISSING, UUID, Fields, Json

NOTHING: Final[ItemRef] = ""
"""A reference that names nothing: judged, it is told as whatever does not exist."""

FILES: Final = (ItemKind.FOLDER, ItemKind.FILE)
APPS: Final = (ItemKind.APP,)
APP: Final = "app-"

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def user_ref(text: str) -> Named:
    """Name a user; groups and organisations are no recipients here."""
    return Named(text, Kind.USER)


def recipient_ref(text: str) -> Named | None:
    """Read a recipient: a name or an address; None for a text that can be neither."""
    if _NAME.fullmatch(text):
        return user_ref(text)
    return Named(text, Kind.MAIL) if is_address(text) else None


def resolve(text: str, owner: str | None) -> str:
    """Return an absolute path without ``.``, ``..`` and empty parts; ``~`` is the caller's own folder.

    :raises ApiError: field_invalid for a text that is no path
    """
    if text == "~" or text.startswith("~/"):
        text = f"/{owner}{text[1:]}" if owner else "/~"
    elif text.startswith("./") or text in (".", ".."):
        text = f"/{text}"
    if not text.startswith("/"):
        raise field_invalid("path", "unix-style path or uuid4")
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def path_ref(path: str) -> ItemRef:
    """Return what an absolute path names; ``/owner/<uid>/name/…`` names an item as recipients see it."""
    names = path.strip("/").split("/")
    if len(names) > 1 and UUID.fullmatch(names[1]):
        return _masked(names[1].lower(), names[3:])
    try:
        return parse_path(path)
    except Problem:
        return NOTHING


def _masked(uid: str, below: list[str]) -> ItemRef:
    """Return what is below an item that is named by its uid."""
    if not below:
        return uid
    try:
        return Path(parse_path("/" + "/".join(below)).names, uid)
    except Problem:
        return NOTHING


def file_ref(value: Json, owner: str | None, key: str = "path") -> ItemRef:
    """Read a path or uid.

    :raises ApiError: field_invalid, for what is neither
    """
    if not isinstance(value, str):
        raise field_invalid(key, "unix-style path or uuid4")
    if UUID.fullmatch(value):
        return value.lower()
    return path_ref(resolve(value, owner))


def file_of(body: Fields, owner: str | None) -> ItemRef:
    """Return the file that a body names by ``uid`` or ``path``.

    :raises ApiError: field_invalid; subject_does_not_exist for an odd uid
    """
    uid = body.get("uid")
    if uid is not None:
        if not isinstance(uid, str):
            raise text_wanted("uid", uid)
        if not UUID.fullmatch(uid.removeprefix(APP)):
            raise unknown_subject()
        return uid.removeprefix(APP).lower()
    path = body.get("path", MISSING)
    if path is MISSING or path is None:
        raise text_wanted("path", path)
    return file_ref(path, owner)


def app_ref(value: str, owner: str | None) -> ItemRef:
    """Read the uid of an app, ``app-<uuid>``, or the path where it stands."""
    uid = value.removeprefix(APP)
    if UUID.fullmatch(uid):
        return uid.lower()
    return path_ref(resolve(value, owner)) if value.startswith(("/", "~/")) else NOTHING


def app_by_name(name: str, owner: str | None) -> ItemRef:
    """Name one of the caller's own apps: it stands in his top folder, where ``commonhold app add`` puts it."""
    return path_ref(f"/{owner}/{name}") if owner and "/" not in name else NOTHING


def split(path: str) -> tuple[str, str]:
    """Split an absolute path into the folder and the last name."""
    folder, _, name = path.rpartition("/")
    return folder or "/", name
