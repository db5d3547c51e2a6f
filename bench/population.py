"""Everybody and everything there is: people in nested groups, trees, shares and reshares, as many as a scale says."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bench.bulk import Bulk
from commonhold.core.model import (
    EVERYONE,
    LINK,
    MAIN_ORG,
    Item,
    ItemKind,
    Member,
    Nested,
    Principal,
    Profile,
    Share,
    Space,
)
from commonhold.core.roles import Kind, Role

NOW: Final = 1_780_000_000_000
WORDS: Final = ("plan", "report", "letter", "photo", "budget", "minutes", "map", "draft", "contract", "song", "recipe")
ROLES: Final = (Role.VIEWER, Role.VIEWER, Role.EDITOR, Role.CONTRIBUTOR, Role.MANAGER)
PASS_ON: Final = Kind.USER | Kind.GROUP
DEEPEST: Final = 12
GROUPS_EACH: Final = 5
SIZES: Final = (  # at scale 1.0, and the least that the cases can do with
    ("users", 200_000, 400),
    ("groups", 20_000, 40),
    ("items", 1_000_000, 3_000),
    ("shares", 2_000_000, 4_000),
)


class Place(NamedTuple):
    """An item, as far as others are made from it."""

    no: int
    uid: str
    space: int
    owner: int
    depth: int


class Population:
    """Everybody and everything there is, without a purpose of its own."""

    def __init__(self, bulk: Bulk, scale: float) -> None:
        """Make it; ``scale`` 1.0 is a large organisation."""
        self.bulk = bulk
        self.random = bulk.random
        self.wanted = {name: max(least, int(full * scale)) for name, full, least in SIZES}
        self.users = [self.user(at) for at in range(self.wanted["users"])]
        self.groups = [self.principal(Kind.GROUP, f"group {at}") for at in range(self.wanted["groups"])]
        self.members: dict[int, list[int]] = {group: [] for group in self.groups}
        self._nest()
        self._join()
        self.homes = {user: self.home(user) for user in self.users}
        self.items = self._trees()
        self.shares = 0
        self._share()

    def principal(self, kind: Kind, name: str, org: int | None = None, owner: int | None = None) -> int:
        """Make a principal and its name."""
        no = self.bulk.no()
        self.bulk.put(Principal(no, self.bulk.uid(), kind, org=org, owner=owner, made_at=NOW))
        self.bulk.put(Profile(no, kind, name, name))
        return no

    def user(self, at: int) -> int:
        """Make a user of the main organisation."""
        no = self.principal(Kind.USER, f"user{at}", MAIN_ORG)
        self.bulk.put(Member(no, MAIN_ORG, since=NOW))
        return no

    def join(self, group: int, user: int) -> None:
        """Put a user into a group."""
        self.members.setdefault(group, []).append(user)
        self.bulk.put(Member(user, group, since=NOW))

    def _nest(self) -> None:
        """Nest six of ten groups, up to a handful deep."""
        above: dict[int, tuple[int, ...]] = {}
        for at, group in enumerate(self.groups):
            over: tuple[int, ...] = ()
            if at > 4 and self.random.random() < 0.6:
                parent = self.groups[self.random.randrange(at // 4 + 1)]
                self.bulk.put(Nested(group, parent, NOW))
                over = above[parent]
            above[group] = (group, *over)
        self.bulk.close_groups([(group, one) for group in self.groups for one in above[group]])

    def _join(self) -> None:
        for user in self.users:
            for group in set(self.random.choices(self.groups, k=self.random.randrange(2 * GROUPS_EACH))):
                self.join(group, user)

    def home(self, user: int) -> Place:
        """Make somebody's space and its top folder."""
        space, root, uid = self.bulk.no(), self.bulk.no(), self.bulk.uid()
        self.bulk.put(Space(space, self.bulk.uid(), user, MAIN_ORG, root))
        self.bulk.put(Item(root, uid, space, None, ItemKind.FOLDER, None, None, created_by=user, made_at=NOW))
        return Place(root, uid, space, user, 0)

    def item(self, parent: Place, kind: ItemKind = ItemKind.FILE) -> Place:
        """Make an item in a folder."""
        no, uid = self.bulk.no(), self.bulk.uid()
        name, user = f"{WORDS[no % len(WORDS)]} {no}", parent.owner
        row = Item(
            no, uid, parent.space, parent.no, kind, name, name, created_by=user, changed_by=user, made_at=NOW,
            changed_at=NOW, stamp=1, size=no % 100_000, media="text/plain" if kind is ItemKind.FILE else None,
        )  # fmt: skip
        self.bulk.put(row)
        return Place(no, uid, parent.space, user, parent.depth + 1)

    def _trees(self) -> list[Place]:
        """Fill the spaces of every tenth user: three of ten items are folders, in which later ones may lie."""
        items: list[Place] = []
        owners = self.users[::10]
        each = (self.wanted["items"] - len(self.users)) // len(owners)
        for owner in owners:
            folders = [self.homes[owner]]
            for _ in range(each):
                folder = self.random.random() < 0.3
                made = self.item(self.random.choice(folders), ItemKind.FOLDER if folder else ItemKind.FILE)
                items.append(made)
                if folder and made.depth < DEEPEST:
                    folders.append(made)
        return items

    def share(self, item: Place, to: int, kind: Kind, **columns: object) -> int:
        """Share an item as its owner, unless columns say otherwise."""
        no = self.bulk.no()
        known = {"role": Role.VIEWER, "stands_on": item.owner, "made_by": item.owner, "face": "native"} | columns
        row = Share(no, no, self.bulk.uid(), item.no, to, kind, made_at=NOW, changed_at=NOW, **known)  # type: ignore[arg-type]
        self.bulk.put(row)
        self.shares += 1
        return no

    def _share(self) -> None:
        """Share every item that chance picks with a few, and let one in ten of these pass it on."""
        left = int(self.wanted["shares"] * 0.5)  # the rest is for the scenes, and for the group with 40 k
        while left > 0:
            item = self.random.choice(self.items)
            for to, kind in self._recipients():
                mask = PASS_ON if self.random.random() < 0.2 else Kind.NONE
                share = self.share(item, to, kind, role=self.random.choice(ROLES), mask=mask)
                left -= 1
                if mask and kind is Kind.USER and self.random.random() < 0.5:
                    other = self.random.choice(self.users)
                    if other != to:
                        self.share(item, other, Kind.USER, stands_on=to, made_by=to, hangs_on=share)
                        left -= 1

    def _recipients(self) -> Sequence[tuple[int, Kind]]:
        """Return up to four different recipients; only one in a hundred items is shared with everybody."""
        found: dict[int, Kind] = {}
        for _ in range(self.random.randrange(1, 5)):
            dice = self.random.random()
            if dice < 0.6:
                found[self.random.choice(self.users)] = Kind.USER
            elif dice < 0.9:
                found[self.random.choice(self.groups)] = Kind.GROUP
            elif dice < 0.98:
                found[LINK] = Kind.LINK
            else:
                found[MAIN_ORG if dice < 0.99 else EVERYONE] = Kind.ORG if dice < 0.99 else Kind.EVERYONE
        return list(found.items())
