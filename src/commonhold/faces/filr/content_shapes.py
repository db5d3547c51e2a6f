"""The data types of folders, files, people and the server: one definition each, written as JSON and as XML."""

from typing import Annotated, Any, ClassVar

from commonhold.faces.filr.shapes import Date, EntityId, Link, LongIdLinkPair, Rest, Shape, Share
from commonhold.http.xml import each


class HistoryStamp(Shape, kw_only=True):
    """Who did something, and when; nobody, where that was a stranger with a link."""

    principal: LongIdLinkPair | None = None
    date: Date


class ParentBinder(Shape, kw_only=True):
    """Where something lies: a folder, or one of the caller's own lists."""

    root: ClassVar[str] = "parent_binder"

    id: int
    href: str
    path: str | None = None


class LibraryInfo(Shape, kw_only=True):
    """What a folder, or a list of shared things, holds in all; sizes in bytes."""

    root: ClassVar[str] = "library_info"

    mod_date: Date
    disk_space: int
    file_count: int
    folder_count: int
    mirrored: bool


class BinderBrief(Rest, kw_only=True):
    """A folder, or one of the caller's own lists, whose number is below zero."""

    root: ClassVar[str] = "binder"

    links: list[Link]
    doc_type: str
    entity_type: str
    id: int
    title: str
    path: str | None = None
    library: bool
    mirrored: bool
    library_info: LibraryInfo | None = None
    creation: HistoryStamp | None = None
    modification: HistoryStamp | None = None
    parent_binder: ParentBinder | None = None
    permalink: str | None = None


class SharedBinderBrief(BinderBrief, kw_only=True):
    """A folder that is shared, with every share of it that the list is about."""

    shares: list[Share]


class FileProperties(Rest, kw_only=True):
    """A file; ``id`` is a text, and ``owning_entity`` the entry by which it is shared."""

    root: ClassVar[str] = "file"

    links: list[Link]
    doc_type: str
    id: str
    name: str
    length: int
    version_number: int | None = None
    creation: HistoryStamp
    modification: HistoryStamp
    owning_entity: EntityId
    parent_binder: ParentBinder | None = None
    permalink: str | None = None
    permalinks: list[Link]


class SharedFileProperties(FileProperties, kw_only=True):
    """A file that is shared, with every share of it that the list is about."""

    shares: list[Share]


class FileVersion(Rest, kw_only=True):
    """One content of a file."""

    root: ClassVar[str] = "file_version"

    links: list[Link]
    doc_type: str
    id: int
    version_number: int
    length: int
    creation: HistoryStamp


class FolderEntry(Rest, kw_only=True):
    """The entry that holds a file; or what an application keeps, which has none."""

    root: ClassVar[str] = "entry"

    links: list[Link]
    doc_type: str
    entry_type: str
    entity_type: str
    id: int
    title: str
    file_names: list[str]
    total_reply_count: int
    primary_file: FileProperties | None = None
    creation: HistoryStamp
    modification: HistoryStamp
    parent_binder: ParentBinder | None = None
    permalink: str | None = None


class SharedFolderEntry(FolderEntry, kw_only=True):
    """An entry that is shared, with every share of it that the list is about."""

    shares: list[Share]


class BinderTree(Shape, kw_only=True):
    """Folders inside one another; the uppermost level has no item."""

    root: ClassVar[str] = "binder_tree"

    item: BinderBrief | None = None
    children: Annotated[list[Any], each("child")]


class BinderChange(Shape, kw_only=True):
    """What became of something since a moment; what was deleted is named alone."""

    root: ClassVar[str] = "change"

    action: str
    date: Date
    type: str
    id: str | int
    binder: BinderBrief | None = None
    file: FileProperties | None = None


class BinderChanges(Shape, kw_only=True):
    """Changes since a moment, oldest first; ``next`` goes on where there are more than were asked for."""

    root: ClassVar[str] = "binder_changes"

    count: int
    total: int
    next: str | None = None
    items: Annotated[list[BinderChange], each("change")]


class User(Rest, kw_only=True):
    """A user, as far as the caller may see him."""

    root: ClassVar[str] = "user"

    links: list[Link]
    doc_type: str
    entity_type: str
    id: int
    name: str
    title: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    person: bool
    disabled: bool
    permalink: str | None = None
    groups: list[LongIdLinkPair] | None = None


class Group(Rest, kw_only=True):
    """A group, or everybody inside an organisation."""

    root: ClassVar[str] = "group"

    links: list[Link]
    doc_type: str
    entity_type: str
    id: int
    name: str
    title: str
    person: bool


class ReleaseInfo(Rest, kw_only=True):
    """Which server this is."""

    root: ClassVar[str] = "release_info"

    links: list[Link]
    product_name: str
    product_version: str
    build_number: int
    rest_api_revision: str


class AppConfig(Shape, kw_only=True):
    """What a client on a desk or in a pocket may do."""

    enabled: bool
    allow_cache_pwd: bool
    max_file_size: int


class ZoneConfig(Rest, kw_only=True):
    """What clients are told of the server."""

    root: ClassVar[str] = "zone_config"

    links: list[Link]
    id: int
    guid: str
    desktop_app_config: AppConfig
    mobile_apps_config: AppConfig


class Start(Rest, kw_only=True):
    """Where everything begins: links to all that the caller may ask for."""

    root: ClassVar[str] = "rest_root"

    links: list[Link]


class FolderGiven(Shape, kw_only=True):
    """A folder as clients send it: its title; the rest is ours to say."""

    title: str | None = None


class FileGiven(Shape, kw_only=True):
    """A file as clients send it: its name."""

    name: str | None = None
