"""What may exist once, and what counts as the same: exact code points, whatever a database's collations think."""

from typing import Final

import pytest

from commonhold.core.changes import Drop, Put, Set, Taken, Upsert
from commonhold.core.model import (
    LINK,
    Credential,
    CredentialKind,
    Item,
    Life,
    LinkKey,
    Principal,
    Profile,
    Row,
    Rule,
    Share,
    Space,
    Throttle,
    Version,
)
from commonhold.core.ports import Store
from commonhold.core.roles import Action, ItemKind, Kind
from commonhold.testing.build import Builder, new_uid

# Each pair is one name to some database, font or file system; here they are two.
LOOK_ALIKES: Final = [
    ("name", "NAME"),
    ("name", "name "),
    ("name", " name"),
    ("e", "é"),
    ("\u00e9", "e\u0301"),
    ("a", "\uff41"),
    ("1", "\uff11"),
    ("ss", "ß"),
    ("i", "ı"),
    ("K", "\u212a"),
    ("a", "\u0430"),
    ("a", "a\u200d"),
    ("a-b", "a\u2011b"),
    ("%", "_"),
    ("", " "),
]


def credential(no: int, digest: bytes, uid: str | None = None) -> Credential:
    """Return a session of nobody in particular."""
    return Credential(no, uid or new_uid(), digest, CredentialKind.SESSION, None)


def with_uid(no: int, uid: str) -> list[Row]:
    """Return one row of every table whose rows have a uid."""
    return [
        Principal(no, uid, Kind.USER),
        Space(no, uid, 20, None, no),
        Item(no, uid, 20, None, ItemKind.FOLDER, None, None),
        Share(no, no, uid, 20, no, Kind.USER, None, 0, 20, "tests"),
        Rule(no, uid, 20, "c", Action.READ),
        credential(no, str(no).encode(), uid),
    ]


class Names:
    """Unique names, uids, digests, and pairs of share."""

    @pytest.mark.parametrize("at", range(len(with_uid(1, ""))))
    async def test_uids(self, build: Builder, at: int) -> None:
        """No two rows of a table have the same uid."""
        await build.put(with_uid(100, "u")[at])

        with pytest.raises(Taken):
            await build.put(with_uid(101, "u")[at])
        await build.put(with_uid(101, "U")[at])

    async def test_names_of_people(self, build: Builder) -> None:
        """A name is taken once per kind: a group may be called as a user is, another user may not."""
        await build.put(Profile(20, Kind.USER, "Ann", "ann"), Profile(21, Kind.GROUP, "Ann", "ann"))

        with pytest.raises(Taken):
            await build.put(Profile(22, Kind.USER, "ANN", "ann"))

    async def test_addresses_of_users(self, build: Builder) -> None:
        """No two users have the same address; any number have none."""
        await build.put(
            Profile(20, Kind.USER, "a", "a", email_key="a@example.org"),
            Profile(21, Kind.USER, "b", "b"),
            Profile(22, Kind.USER, "c", "c"),
        )

        with pytest.raises(Taken):
            await build.put(Profile(23, Kind.USER, "d", "d", email_key="a@example.org"))

    @pytest.mark.parametrize(("one", "other"), LOOK_ALIKES)
    async def test_look_alikes_of_people(self, build: Builder, one: str, other: str) -> None:
        """Two keys that differ in one code point are two names, and each is found by its own."""
        await build.put(Profile(20, Kind.GROUP, one, one), Profile(21, Kind.GROUP, other, other))

        assert [(await build.get(Profile, no)).name_key for no in (20, 21)] == [one, other]

    @pytest.mark.parametrize(("one", "other"), LOOK_ALIKES)
    async def test_look_alikes_of_keys(self, build: Builder, one: str, other: str) -> None:
        """Keys of tables are compared by code points, too."""
        await build.put(Throttle(one, 1, 1), Throttle(other, 2, 2))

        assert (await build.get(Throttle, one)).count == 1
        assert (await build.get(Throttle, other)).count == 2

    @pytest.mark.parametrize(("one", "other"), LOOK_ALIKES)
    async def test_look_alikes_of_siblings(self, build: Builder, one: str, other: str) -> None:
        """Two names that differ in one code point may stand in one folder."""
        root = await build.space(await build.user("ann"))

        first, second = await build.item(root, one), await build.item(root, other)

        assert [(await build.get(Item, no)).name_key for no in (first, second)] == [one, other]

    async def test_siblings(self, build: Builder) -> None:
        """Among living siblings a name is taken once; elsewhere, in the trash, and after the end it is free."""
        root = await build.space(await build.user("ann"))
        folder = await build.folder(root, "folder")
        first = await build.item(root, "name")
        await build.item(folder, "name")

        with pytest.raises(Taken):
            await build.item(root, "name")
        await build.set(Item, first, life=Life.TRASHED, name_key=None)
        second = await build.item(root, "name")
        await build.set(Item, second, life=Life.DELETED, name=None, name_key=None)
        await build.item(root, "name")

    async def test_renaming_onto_a_sibling(self, build: Builder) -> None:
        """Neither a new name, nor another folder, nor coming back from the trash takes a name that is taken."""
        root = await build.space(await build.user("ann"))
        folder = await build.folder(root, "folder")
        await build.item(root, "a")
        b, below = await build.item(root, "b"), await build.item(folder, "a")
        trashed = await build.item(root, "c", life=Life.TRASHED, name_key=None)

        for change in (
            Set(Item, (b,), {"name_key": "a"}),
            Set(Item, (below,), {"parent": root}),
            Set(Item, (trashed,), {"life": Life.LIVE, "name_key": "a"}),
        ):
            with pytest.raises(Taken):
                await build.commit(change)

    async def test_one_item_per_record(self, build: Builder) -> None:
        """A record becomes an item once, also if two people share it first at the same time; other kinds may repeat."""
        root = await build.space(await build.user("ann"))
        space = (await build.get(Item, root)).space
        first = await build.record(space, "books", "1")
        await build.record(space, "books", "2")
        await build.record(space, "Books", "1")
        for name in ("a", "b"):
            await build.item(root, name, ItemKind.ENTRY, collection="books", ref="1")

        with pytest.raises(Taken):
            await build.record(space, "books", "1")
        await build.set(Item, first, life=Life.DELETED)
        await build.record(space, "books", "1")

    async def test_one_share_per_pair(self, build: Builder) -> None:
        """Whoever backs it, an item is shared with a recipient once; links are as many as one likes."""
        ann, bob = await build.user("ann"), await build.user("bob")
        root = await build.space(ann)
        first = await build.share(root, bob)
        await build.share(root, bob, stands_on=ann)
        for _ in range(2):
            await build.share(root, LINK)

        with pytest.raises(Taken):
            await build.share(root, bob)
        await build.commit(Drop(Share, (first,)))
        await build.share(root, bob)

    async def test_digests(self, build: Builder) -> None:
        """No two credentials, and no two links, have the same secret; bytes are compared as bytes."""
        await build.put(credential(-1, b"\x00a"), credential(-2, b"\x00A"), LinkKey(20, b"\x00"), LinkKey(21, b""))

        with pytest.raises(Taken):
            await build.put(credential(-1, b"\x00a"))
        with pytest.raises(Taken):
            await build.put(LinkKey(22, b"\x00"))

    async def test_versions_of_a_file(self, build: Builder) -> None:
        """Of two contents put at the same time one is the next version; the other has to be put again."""
        await build.put(Version(-1, 20, 1, "key", 0, "", None, None, 0))

        with pytest.raises(Taken):
            await build.put(Version(-1, 20, 1, "other", 0, "", None, None, 0))

    async def test_a_name_given_up_and_taken_in_one_commit(self, store: Store, build: Builder) -> None:
        """What an earlier change of a commit gives up, a later one may take."""
        root = await build.space(await build.user("ann"))
        old = await build.item(root, "name")

        await store.commit(
            [
                Set(Item, (old,), {"life": Life.DELETED, "name": None, "name_key": None}),
                Put(Item(-1, new_uid(), (await build.get(Item, root)).space, root, ItemKind.FILE, "name", "name")),
            ]
        )

    async def test_upsert_takes_no_name(self, build: Builder) -> None:
        """Replacing a row may not take another row's name either, and replacing it by itself is no mistake."""
        await build.put(Profile(20, Kind.USER, "a", "a"), Profile(21, Kind.USER, "b", "b"))

        await build.commit(Upsert(Profile(20, Kind.USER, "A", "a")))
        with pytest.raises(Taken):
            await build.commit(Upsert(Profile(20, Kind.USER, "b", "b")))

        assert (await build.get(Profile, 20)).name == "A"
        assert (await build.get(Profile, 21)).name == "b"
