"""Folders, files and entries as this dialect shows them, with links that the caller may follow."""

from collections.abc import Mapping
from typing import Final

import msgspec

from commonhold.core.content.tree import Seen
from commonhold.core.model import Item
from commonhold.core.roles import Action, ItemKind
from commonhold.faces.filr import words
from commonhold.faces.filr.content_shapes import (
    BinderBrief,
    FileProperties,
    FolderEntry,
    HistoryStamp,
    LibraryInfo,
    ParentBinder,
    SharedBinderBrief,
    SharedFileProperties,
    SharedFolderEntry,
)
from commonhold.faces.filr.shapes import Link, Share
from commonhold.http.face import Call

LIBRARY: Final = {
    "library_info": "library_info",
    "library_changes": "library_changes",
    "library_children": "library_children",
    "child_library_entities": "library_entities",
    "child_library_folders": "library_folders",
    "child_library_files": "library_files",
    "child_library_tree": "library_tree",
    "child_binders": "binders",
    "child_binder_tree": "binder_tree",
    "child_entries": "entries",
    "child_files": "files",
    "recent_activity": "recent_activity",
}
"""Links to what is in a folder or list: rel → last segment."""

MY_FILES: Final = ParentBinder(id=-100, href="/self/my_files")
SHARED_WITH_ME: Final = ParentBinder(id=-101, href="/self/shared_with_me")
SHARED_BY_ME: Final = ParentBinder(id=-102, href="/self/shared_by_me")
PUBLIC: Final = ParentBinder(id=-103, href="/self/public_shares")


def links_to(under: str, words_: Mapping[str, str]) -> list[Link]:
    """Return links to what stands below a path, by rel."""
    return [Link(rel=rel, href=f"{under}/{last}") for rel, last in words_.items()]


def stamp(who: int | None, at: int) -> HistoryStamp:
    """Say who did something, and when."""
    return HistoryStamp(principal=words.person(who) if who else None, date=at)


def title_of(seen: Seen) -> str:
    """Return what something is called: a top folder by its owner, a record by its collection and key."""
    item = seen.item
    if item.kind is ItemKind.RECORD:
        return f"{item.collection} {item.ref}"
    return item.name or seen.owner_name or item.uid


def is_own_top(call: Call, item: Item, owner: int) -> bool:
    """Tell whether this is the top folder of the caller's own space."""
    return item.parent is None and item.kind is ItemKind.FOLDER and owner == call.actor.user


def parent_of(call: Call, seen: Seen) -> ParentBinder | None:
    """Return where something lies for the caller: the folder above, if he sees it, else where it was shared."""
    if not seen.trail:
        return None if seen.item.parent is None and seen.item.kind is ItemKind.FOLDER else SHARED_WITH_ME
    above = seen.trail[-1]
    path = seen.path.rpartition("/")[0] if seen.path else None
    if is_own_top(call, above, seen.owner):
        return msgspec.structs.replace(MY_FILES, path=path)
    return ParentBinder(id=above.no, href=f"/folders/{above.no}", path=path)


class Listed(msgspec.Struct, frozen=True):
    """In which list something is shown, and with which shares."""

    parent: ParentBinder
    shares: list[Share]


def binder(call: Call, seen: Seen, info: LibraryInfo | None = None, among: Listed | None = None) -> BinderBrief:
    """Return a folder; ``among``: in a list of shared things."""
    item, here = seen.item, f"/folders/{seen.item.no}"
    parent = parent_of(call, seen) if among is None else among.parent
    links = [Link(rel="self", href=here), *links_to(here, {**LIBRARY, "access": "access", "shares": "shares"})]
    links.append(Link(rel="ancestry", href=f"{here}/ancestry"))
    if parent is not None:
        links.append(Link(rel="parent_binder", href=parent.href))
    kind, more = (BinderBrief, {}) if among is None else (SharedBinderBrief, {"shares": among.shares})
    return kind(
        **more,
        href=here,
        links=links,
        doc_type="binder",
        entity_type="folder",
        id=item.no,
        title=title_of(seen),
        path=seen.path,
        library=True,
        mirrored=False,
        library_info=info,
        creation=stamp(item.created_by, item.made_at),
        modification=stamp(item.changed_by, item.changed_at),
        parent_binder=parent,
        permalink=call.page("item", item.uid),
    )


def file(call: Call, seen: Seen, number: int | None = None, among: Listed | None = None) -> FileProperties:
    """Return a file; ``number`` is that of its present content, ``among``: in a list of shared things."""
    item, here, entry = seen.item, f"/files/{seen.item.uid}", f"/folder_entries/{seen.item.no}"
    parent = parent_of(call, seen) if among is None else among.parent
    links = [
        Link(rel="self", href=f"{here}/metadata"),
        Link(rel="ancestry", href=f"{entry}/ancestry"),
        Link(rel="shares", href=f"{entry}/shares"),
        Link(rel="access", href=f"{entry}/access"),
    ]
    permalinks = []
    if seen.right.may(Action.DOWNLOAD):
        links.append(Link(rel="content", href=here))
        permalinks.append(Link(rel="content", href=f"{call.root}/rest{here}"))
    if parent is not None:
        links.append(Link(rel="parent_folder", href=parent.href))
    if seen.right.may(Action.WRITE):
        links.append(Link(rel="versions", href=f"{here}/versions"))
    kind, more = (FileProperties, {}) if among is None else (SharedFileProperties, {"shares": among.shares})
    return kind(
        **more,
        href=f"{here}/metadata",
        links=links,
        doc_type="file",
        id=item.uid,
        name=title_of(seen),
        length=item.size,
        version_number=number,
        creation=stamp(item.created_by, item.made_at),
        modification=stamp(item.changed_by, item.changed_at),
        owning_entity=words.thing(item),
        parent_binder=parent,
        permalink=call.page("item", item.uid),
        permalinks=permalinks,
    )


def entry(call: Call, seen: Seen, number: int | None = None, among: Listed | None = None) -> FolderEntry:
    """Return the entry of a file; or a record, app, or what an application keeps, which is one without a file."""
    item, what = seen.item, words.thing(seen.item)
    parent = parent_of(call, seen) if among is None else among.parent
    links = [Link(rel="self", href=what.href)]
    links += links_to(what.href, {"ancestry": "ancestry", "shares": "shares", "access": "access"})
    if parent is not None:
        links.append(Link(rel="parent_binder", href=parent.href))
    kind, more = (FolderEntry, {}) if among is None else (SharedFolderEntry, {"shares": among.shares})
    return kind(
        **more,
        href=what.href,
        links=links,
        doc_type="entry",
        entry_type="entry",
        entity_type=what.type,
        id=item.no,
        title=title_of(seen),
        file_names=[title_of(seen)] if item.kind is ItemKind.FILE else [],
        total_reply_count=0,
        primary_file=file(call, seen, number) if item.kind is ItemKind.FILE else None,
        creation=stamp(item.created_by, item.made_at),
        modification=stamp(item.changed_by, item.changed_at),
        parent_binder=parent,
        permalink=call.page("item", item.uid),
    )


def unseen_binder(item: Item) -> BinderBrief:
    """Return a folder for one who may make it, and not see it: what he said himself."""
    return BinderBrief(
        href=f"/folders/{item.no}",
        links=[],
        doc_type="binder",
        entity_type="folder",
        id=item.no,
        title=item.name or "",
        library=True,
        mirrored=False,
    )


def unseen_file(item: Item) -> FileProperties:
    """Return a file for one who may put it there, and not see it: what he said himself."""
    done = stamp(item.created_by, item.made_at)
    return FileProperties(
        href=f"/files/{item.uid}/metadata",
        links=[],
        doc_type="file",
        id=item.uid,
        name=item.name or "",
        length=item.size,
        creation=done,
        modification=done,
        owning_entity=words.thing(item),
        permalinks=[],
    )
