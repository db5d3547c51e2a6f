"""Files and folders as clients of this dialect know them: entries, in the older spelling and in today's."""

from typing import Any

from commonhold.core.content.tree import Seen
from commonhold.core.model import Item
from commonhold.core.roles import Action, ItemKind, Role
from commonhold.faces.puter.references import APP
from commonhold.faces.puter.values import Json, seconds

_MODES = {
    Role.MANAGER: "manage",
    Role.CONTRIBUTOR: "write",
    Role.EDITOR: "write",
    Role.VIEWER: "read",
    Role.PREVIEWER: "see",
}


def mode_of(role: Role | None) -> str | None:
    """Return the word nearest to a role; None for one that has no word here."""
    return "read" if role is None else _MODES.get(role)


def path_of(seen: Seen) -> str:
    """Return where an item is for its reader: its path, or, where he may not see all of it, its place by uid."""
    return seen.path or masked(seen.owner_name, seen.item, below(seen))


def below(seen: Seen) -> tuple[Item, ...]:
    """Return the folders above an item that its reader may see, the outermost first."""
    return seen.trail


def masked(owner: str | None, item: Item, trail: tuple[Item, ...] = ()) -> str:
    """Return ``/<owner>/<uid>/<name>…``, which begins at the outermost item that the reader may see."""
    first = trail[0] if trail else item
    names = [row.name or str(row.kind) for row in (*trail, item)]
    return "/".join(("", owner or "-", first.uid, *names))


def uid_of(item: Item) -> str:
    """Return the uid by which clients name an item: an app's says that it is one."""
    return f"{APP}{item.uid}" if item.kind is ItemKind.APP else item.uid


def entry(seen: Seen) -> dict[str, Json]:
    """Return an item as ``/stat`` and the verbs on files give it."""
    item, path = seen.item, path_of(seen)
    folder = path.rpartition("/")[0] or "/"
    parent = seen.trail[-1].uid if seen.trail else None
    return {
        "id": item.uid,
        "uid": uid_of(item),
        "uuid": item.uid,
        "parent_id": parent,
        "parent_uid": parent,
        "path": path,
        "dirname": folder,
        "dirpath": folder,
        "name": name_of(seen),
        "is_dir": item.kind is ItemKind.FOLDER,
        "is_empty": None,
        "is_shortcut": 0,
        "shortcut_to": None,
        "is_symlink": 0,
        "symlink_path": None,
        "type": item.media,
        "writable": seen.right.may(Action.WRITE),
        "is_public": None,
        "is_shared": None,
        "thumbnail": None,
        "immutable": item.protected,
        "metadata": None,
        **_times(item),
        "size": None if item.kind is ItemKind.FOLDER else item.size,
        "layout": None,
        "subdomains": [],
        "workers": [],
        "has_website": False,
        "suggested_apps": [],
        "associated_app": None,
        "owner": {"username": seen.owner_name},
        **({"url": item.url} if item.url else {}),
    }


def _times(item: Item) -> dict[str, Any]:
    changed = seconds(item.changed_at)
    return {"modified": changed, "created": seconds(item.made_at), "accessed": changed}


def name_of(seen: Seen) -> str | None:
    """Return an item's name; a top folder has its owner's."""
    return seen.item.name or seen.owner_name


def today(seen: Seen) -> dict[str, Json]:
    """Return an item as ``/fs/readdir`` gives it: the same, spelt as today's server does."""
    old = entry(seen)
    return {
        "uuid": old["uuid"],
        "uid": old["uid"],
        "parentUid": old["parent_uid"],
        "path": old["path"],
        "name": old["name"],
        "isDir": old["is_dir"],
        "isShortcut": False,
        "shortcutTo": None,
        "isSymlink": False,
        "symlinkPath": None,
        "type": old["type"],
        "writable": old["writable"],
        "isPublic": None,
        "isShared": old["is_shared"],
        "thumbnail": None,
        "immutable": old["immutable"],
        "metadata": None,
        "modified": old["modified"],
        "created": old["created"],
        "accessed": old["accessed"],
        "size": old["size"],
        "layout": None,
        "subdomains": [],
        "workers": [],
        "hasWebsite": False,
        "suggestedApps": [],
        "associatedApp": None,
        "owner": old["owner"],
    }
