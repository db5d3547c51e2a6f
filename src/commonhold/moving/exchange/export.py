"""Writing an installation as lines: what lives, named by uids, without anything that opens something.

Left out are what is thrown away or deleted, whatever hangs on that, and all that is no matter of another installation:
passwords, tokens, sessions, mail that waits, notifications, what happened, records and the rules on them.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from commonhold.core.model import (
    EVERYONE,
    OWNER,
    Allowance,
    Block,
    GroupTerms,
    Item,
    ItemKind,
    Life,
    Member,
    Nested,
    Note,
    Principal,
    Profile,
    Row,
    Share,
    Space,
    State,
    Use,
    Version,
    attributes_of,
)
from commonhold.core.ports import Secrets, Store, Where
from commonhold.core.roles import ANY_KIND, Kind
from commonhold.moving.exchange import lines
from commonhold.moving.exchange.reading import among, batches, pages

R = TypeVar("R", bound=Row)
Write = Callable[[bytes], object]

SEPARATOR: Final = "\x1f"  # between the name and the uid of a group that may be called as another one
_LIVE: Final = Where("life", "eq", Life.LIVE)
_PLACED: Final = Where("kind", "ne", ItemKind.RECORD)


def id_of(secrets: Secrets, share: Share) -> str:
    """Return the word for a share outside: its uid; of a link, which its uid would open, what the key makes of that."""
    if share.kind is not Kind.LINK:
        return share.uid
    return hashlib.sha256(secrets.link(f"export {share.uid} {share.made_at}").encode()).hexdigest()[:40]


async def export(store: Store, secrets: Secrets, write: Write, *, contents: bool, program: str, now: int) -> lines.End:
    """Write everything, and return the last line. ``store`` must hold still: it is read page by page.

    :raises Problem: unavailable
    """
    exporting = _Export(store, secrets, write, contents)
    write(lines.encode(lines.Head(lines.VERSION, program, now, contents)))
    for kind in (Kind.ORG, Kind.USER, Kind.MAIL, Kind.GROUP):
        await exporting.principals(kind)
    await exporting.edges()
    await exporting.spaces()
    await exporting.records()
    await exporting.shares()
    end = lines.End(dict(exporting.counts), dict(exporting.left_out))
    write(lines.encode(end))
    return end


class _Export:
    def __init__(self, store: Store, secrets: Secrets, write: Write, contents: bool) -> None:
        self._store = store
        self._secrets = secrets
        self._write = write
        self._contents = contents
        self._people: dict[int, str] = {}
        self._spaces: dict[int, str] = {}
        self._items: set[int] = set()
        self._shares: set[int] = set()
        self.counts: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    def _put(self, line: lines.AnyLine) -> None:
        self._write(lines.encode(line))
        self.counts[line.kind_of_line] += 1

    async def _beside(self, table: type[R], rows: list[Principal] | list[Share]) -> dict[int, R]:
        """Return the small rows of a table that stand beside rows, by number."""
        found = await among(self._store, table, "no", [row.no for row in rows])
        return {row.no: row for row in found}  # type: ignore[attr-defined]

    def _who(self, no: int | None) -> str | None:
        return None if no is None else self._people.get(no)

    # people

    async def principals(self, kind: Kind) -> None:
        """Write all principals of a kind."""
        async for page in pages(self._store, Principal, Where("kind", "eq", kind), Where("state", "ne", State.DELETED)):
            profiles = await self._beside(Profile, page)
            terms = await self._beside(GroupTerms, page) if kind is Kind.GROUP else {}
            allowances = await self._beside(Allowance, page) if kind in (Kind.USER, Kind.ORG) else {}
            for row in page:
                if row.no in profiles:
                    self._people[row.no] = row.uid
            for row in page:
                if row.no not in profiles:
                    self.left_out["person"] += 1
                elif kind is Kind.GROUP:
                    self._group(row, profiles[row.no], terms.get(row.no))
                else:
                    self._principal(row, profiles[row.no], allowances.get(row.no))

    def _principal(self, row: Principal, profile: Profile, allowance: Allowance | None) -> None:
        attributes, allowed = attributes_of(profile), _allowed(allowance)
        if row.kind is Kind.MAIL:
            self._put(lines.Mail(row.uid, profile.name, row.state, row.made_at))
        elif row.kind is Kind.ORG:
            self._put(lines.Org(row.uid, profile.name, row.state, row.made_at, attributes, allowed))
        else:
            person = lines.Person(
                row.uid, profile.name, row.state, self._who(row.org), row.org_role, row.admin, row.external,
                profile.email, profile.verified, profile.first_name, profile.last_name, row.made_at, attributes,
                allowed,
            )  # fmt: skip
            self._put(person)

    def _group(self, row: Principal, profile: Profile, terms: GroupTerms | None) -> None:
        acceptance = None
        if terms is not None:
            values = {**msgspec.structs.asdict(terms), "visible": (*lines.names_of(terms.visible), "user")[0]}
            acceptance = lines.Acceptance(**{name: values[name] for name in lines.Acceptance.__struct_fields__})
        group = lines.Group(
            row.uid, profile.name, row.state, self._who(row.org), self._who(row.owner), SEPARATOR in profile.name_key,
            row.made_at, attributes_of(profile), acceptance,
        )  # fmt: skip
        self._put(group)

    async def edges(self) -> None:
        """Write who is in what, and who takes nothing from whom."""
        who = self._people
        async for members in pages(self._store, Member):
            for one in members:
                if self._known("member", one.member, one.grp):
                    self._put(lines.Member(who[one.member], who[one.grp], one.level, one.since))
        async for nested in pages(self._store, Nested):
            for edge in nested:
                if self._known("nested", edge.child, edge.grp):
                    self._put(lines.Nested(who[edge.child], who[edge.grp], edge.since))
        async for blocks in pages(self._store, Block):
            for block in blocks:
                everybody = block.blocked == EVERYONE
                if self._known("block", block.user, block.user if everybody else block.blocked):
                    blocked = lines.EVERYBODY if everybody else who[block.blocked]
                    self._put(lines.Block(who[block.user], blocked, block.since))

    def _known(self, kind: str, *numbers: int) -> bool:
        """Tell whether all of these are in the file; what names others is left out."""
        if all(no in self._people for no in numbers):
            return True
        self.left_out[kind] += 1
        return False

    # items

    async def spaces(self) -> None:
        """Write all spaces, and what is in their trees, upper levels first."""
        async for page in pages(self._store, Space):
            tops = {row.no: row for row in await among(self._store, Item, "no", [one.root for one in page], _LIVE)}
            level: dict[int, str] = {}
            for space in page:
                top = tops.get(space.root)
                if top is None or (space.owner and space.owner not in self._people):
                    self.left_out["space"] += 1
                    continue
                self._spaces[space.no] = space.uid
                self._items.add(top.no)
                level[top.no] = top.uid
                line = self._item(top, None, [])
                self._put(lines.Space(space.uid, line, self._who(space.owner), self._who(space.org)))
            while level:
                level = await self._below(level)

    async def _below(self, folders: dict[int, str]) -> dict[int, str]:
        """Write what lies in folders, and return the folders there."""
        found: dict[int, str] = {}
        for some in batches(list(folders)):
            async for page in pages(self._store, Item, Where("parent", "in", tuple(some)), _LIVE, _PLACED):
                await self._items_of(page, folders)
                found.update((row.no, row.uid) for row in page if row.kind is ItemKind.FOLDER)
        return found

    async def records(self) -> None:
        """Write the records that are items: those that were shared once."""
        async for page in pages(self._store, Item, Where("kind", "eq", ItemKind.RECORD), _LIVE):
            known = [row for row in page if row.space in self._spaces]
            self.left_out["item"] += len(page) - len(known)
            await self._items_of(known, {})

    async def _items_of(self, rows: list[Item], folders: dict[int, str]) -> None:
        files = [row.no for row in rows if row.version is not None] if self._contents else []
        contents: dict[int, list[Version]] = {}
        for version in sorted(await among(self._store, Version, "item", files), key=lambda one: one.ordinal):
            contents.setdefault(version.item, []).append(version)
        for row in rows:
            self._items.add(row.no)
            parent = folders[row.parent] if row.parent is not None else None
            self._put(self._item(row, parent, contents.get(row.no, [])))

    def _item(self, row: Item, parent: str | None, contents: list[Version]) -> lines.Item:
        return lines.Item(
            row.uid, row.kind, row.name, parent, self._spaces.get(row.space) if row.kind is ItemKind.RECORD else None,
            row.inherits, row.protected, self._who(row.created_by), self._who(row.changed_by), row.made_at,
            row.changed_at, row.media, row.collection, row.ref, row.url, attributes_of(row),
            tuple(map(self._content, contents)),
        )  # fmt: skip

    def _content(self, row: Version) -> lines.Content:
        made_by = self._who(row.made_by)
        return lines.Content(row.ordinal, row.size, row.sha256, row.blob, row.media, made_by, row.made_at)

    # shares

    async def shares(self) -> None:
        """Write all shares, those first on which others hang."""
        async for page in pages(self._store, Share):
            items = {row.no: row for row in await among(self._store, Item, "no", [one.item for one in page])}
            above = {row.no: row for row in await among(self._store, Share, "no", [one.hangs_on for one in page])}
            notes, uses = await self._beside(Note, page), await self._beside(Use, page)
            for row in page:
                if not self._whole(row):
                    self.left_out["share"] += 1
                    continue
                self._shares.add(row.no)
                hangs_on = None if row.hangs_on is None else id_of(self._secrets, above[row.hangs_on])
                note, use = notes.get(row.no), uses.get(row.no, Use(row.no))
                self._put(self._share(row, items[row.item].uid, hangs_on, note.text if note else None, use))

    def _whole(self, row: Share) -> bool:
        """Tell whether all that a share names is in the file."""
        plain = row.kind in (Kind.LINK, Kind.EVERYONE)
        return (
            row.item in self._items
            and (plain or row.recipient in self._people)
            and (row.stands_on == OWNER or row.stands_on in self._people)
            and (row.hangs_on is None or row.hangs_on in self._shares)
            and (row.acts_as is None or row.acts_as in self._people)
        )

    def _share(self, row: Share, item: str, hangs_on: str | None, note: str | None, use: Use) -> lines.Share:
        stands_on = lines.OWNER_OF_SPACE if row.stands_on == OWNER else self._people[row.stands_on]
        return lines.Share(
            id_of(self._secrets, row), item, lines.names_of(row.kind)[0], stands_on, self._who(row.recipient), row.role,
            self._who(row.made_by), row.face, hangs_on, self._who(row.acts_as), row.reach, lines.names_of(row.mask),
            row.starts, row.until, row.max_uses, use.used, use.last_at, row.password is not None, row.days,
            row.item_control, note, row.made_at, row.changed_at,
        )  # fmt: skip


def _allowed(row: Allowance | None) -> lines.Allowed | None:
    if row is None:
        return None
    kinds = None if row.kinds == ANY_KIND else lines.names_of(row.kinds)
    domains = None if row.domains is None else tuple(msgspec.json.decode(row.domains, type=list[str]))
    return lines.Allowed(row.make, kinds, row.longest, row.link_password, domains, row.quota)
