"""A look finds what references name: items, recipients, shares; and a credential is found by its digest."""

import pytest

from commonhold.core.changes import Drop, Set
from commonhold.core.identity import Actor, Named, Path, RecipientRef, RecordRef, VersionRef
from commonhold.core.model import (
    EVERYONE,
    LINK,
    Credential,
    CredentialKind,
    Item,
    Life,
    Password,
    Principal,
    Profile,
    Share,
    Space,
    State,
)
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.ports import Store
from commonhold.core.roles import ItemKind, Kind
from commonhold.testing.build import Builder, new_uid

NOBODY = Actor()


class Looking:
    """References, chains, places."""

    async def test_a_look_at_nothing(self, store: Store) -> None:
        """An empty look reads the counters and nothing else."""
        snapshot, instance = await store.look(Look(NOBODY)), await store.instance()

        counters = (instance.revision, instance.people_at, instance.tree_at)
        assert (snapshot.revision, snapshot.people_at, snapshot.tree_at) == counters
        assert snapshot == Snapshot(*counters)

    async def test_items_by_number_uid_and_path(self, store: Store, build: Builder) -> None:
        """An item is found by its number, its uid, and its path from its owner's name; references are kept apart."""
        root = await build.space(await build.user("Ann"))
        folder = await build.folder(root, "folder")
        item = await build.item(folder, "Item")
        refs = (item, (await build.get(Item, item)).uid, Path(("ann", "folder", "Item")), Path(("ANN",)), folder)

        snapshot = await store.look(Look(NOBODY, items=refs))

        assert snapshot.found_items == dict(zip(refs, (item, item, item, root, folder), strict=True))
        assert snapshot.chain(item) == (item, folder, root)
        assert snapshot.chain(folder) == (folder, root)
        assert set(snapshot.items) == {item, folder, root}
        assert [space.root for space in snapshot.spaces.values()] == [root]

    async def test_items_below_an_item(self, store: Store, build: Builder) -> None:
        """A path may begin at an item instead of its owner's folder; one that begins at nothing names nothing."""
        folder = await build.folder(await build.space(await build.user("ann")), "folder")
        item = await build.item(folder, "a")
        uid = (await build.get(Item, folder)).uid
        good, bare, odd = Path(("a",), uid), Path((), uid), Path(("a",), "no such uid")

        snapshot = await store.look(Look(NOBODY, items=(good, bare, odd)))

        assert snapshot.found_items == {good: item, bare: folder}

    @pytest.mark.parametrize(
        "ref",
        [99, -1, 0, "no such uid", "", Path(()), Path(("nobody",)), Path(("ann", "x")), Path(("ann", "a", "b", "c"))],
        ids=repr,
    )
    async def test_unknown_items(self, store: Store, build: Builder, ref: int | str | Path) -> None:
        """What does not exist is not there: no guess, and no failure."""
        await build.item(await build.space(await build.user("ann")), "a")

        snapshot = await store.look(Look(NOBODY, items=(ref,)))

        assert snapshot.found_items == {}
        assert not snapshot.items

    async def test_what_is_gone(self, store: Store, build: Builder) -> None:
        """Number and uid find what is in the trash or deleted, and the look says so; paths find what lives."""
        root = await build.space(await build.user("ann"))
        item = await build.item(root, "a")
        new = await build.item(root, "b")
        await build.set(Item, item, life=Life.TRASHED)
        await build.set(Item, new, name="a", name_key="a")

        snapshot = await store.look(Look(NOBODY, items=(item, Path(("ann", "a")), Path(("ann", "b")))))

        assert snapshot.found_items == {item: item, Path(("ann", "a")): new}
        assert snapshot.life(item) is Life.TRASHED

    async def test_a_path_begins_at_home(self, store: Store, build: Builder) -> None:
        """A path begins in the space made for its owner, even if he has taken over others."""
        ann, bob = await build.user("ann"), await build.user("bob")
        older, home, newer = [await build.space(owner) for owner in (ann, bob, ann)]
        theirs, own, _ = [await build.item(root, "a") for root in (older, home, newer)]
        for root in (older, newer):
            await build.set(Space, (await build.get(Item, root)).space, owner=bob)

        snapshot = await store.look(Look(NOBODY, items=(Path(("bob", "a")), Path(("ann", "a")), theirs)))

        assert snapshot.found_items == {Path(("bob", "a")): own, theirs: theirs}

    async def test_records(self, store: Store, build: Builder) -> None:
        """A record that is an item is found by collection and key, exactly as they are written; others are absent."""
        root = await build.space(await build.user("ann"))
        space = (await build.get(Item, root)).space
        old, gone = await build.record(space, "books", "1"), await build.record(space, "books", "3")
        for record in (old, gone):
            await build.set(Item, record, life=Life.DELETED)
        await build.item(root, "a", ItemKind.ENTRY, collection="books", ref="2")
        book, shelf = await build.record(space, "books", "1"), await build.record(space, "shelves", "1")
        names = (("books", "1"), ("shelves", "1"), ("books", "2"), ("books", "3"), ("Books", "1"))
        refs = tuple(RecordRef(*name) for name in names)

        snapshot = await store.look(Look(NOBODY, items=refs))

        assert snapshot.found_items == {refs[0]: book, refs[1]: shelf}

    async def test_a_deep_chain(self, store: Store, build: Builder) -> None:
        """A chain as deep as trees may be is read whole, nearest first, and two items share their parents."""
        root = at = await build.space(await build.user("ann"))
        ladder = [root]
        for depth in range(63):
            at = await build.folder(at, str(depth))
            ladder.insert(0, at)
        one, other = await build.item(at, "one"), await build.item(at, "other")

        snapshot = await store.look(Look(NOBODY, items=(one, other)))

        assert snapshot.chain(one) == (one, *ladder)
        assert snapshot.chain(other) == (other, *ladder)

    async def test_occupied(self, store: Store, build: Builder) -> None:
        """A look tells who has a name in a folder, with its row and chain; exact names, the living only."""
        root = await build.space(await build.user("ann"))
        folder = await build.folder(root, "folder")
        item = await build.item(folder, "a")
        await build.item(folder, "gone", life=Life.TRASHED, name_key=None)
        path = Path(("ann", "folder"))
        asked = ((folder, "a"), (path, "a"), (folder, "A"), (folder, "gone"), (99, "a"), (root, "a"))

        snapshot = await store.look(Look(NOBODY, occupied=asked))

        assert snapshot.occupied == {(folder, "a"): item, (path, "a"): item}
        assert snapshot.chain(item) == (item, folder, root)
        assert snapshot.found_items == {folder: folder, path: folder, root: root}

    async def test_recipients(self, store: Store, build: Builder) -> None:
        """A recipient is found by number, name, title, address or uid; names without regard to case and width."""
        ann, grp = await build.user("Ann"), await build.group("Täm")
        org, mail = await build.principal(Kind.ORG, "Org"), await build.mail("a@example.org")
        uid = (await build.get(Principal, grp)).uid
        expected: dict[RecipientRef, int] = {
            ann: ann,
            LINK: LINK,
            EVERYONE: EVERYONE,
            Named("ANN"): ann,
            Named("ａnn", Kind.USER): ann,
            Named("TÄM"): grp,
            Named("TA\u0308M", Kind.GROUP): grp,
            Named(uid): grp,
            Named(uid, Kind.GROUP): grp,
            Named("org"): org,
            Named("A@Example.org"): mail,
            Named("a@example.org", Kind.MAIL): mail,
            Named("everyone", Kind.EVERYONE): EVERYONE,
        }
        unknown = (99, Named("bob"), Named("ann", Kind.GROUP), Named(uid, Kind.USER), Named("everyone"), Named(""))

        snapshot = await store.look(Look(NOBODY, recipients=(*expected, *unknown)))

        assert snapshot.found_recipients == expected
        assert set(snapshot.principals) >= set(expected.values())

    async def test_people_before_groups(self, store: Store, build: Builder) -> None:
        """One name of several kinds is the person's, then the group's, unless a kind is named. Uids come first."""
        org, grp = await build.principal(Kind.ORG, "name"), await build.group("name")
        first = await store.look(Look(NOBODY, recipients=(Named("name"),)))
        user = await build.user("name")
        thief = await build.user((await build.get(Principal, grp)).uid)
        refs = (Named("name"), Named("name", Kind.ORG), Named((await build.get(Profile, thief)).name))

        second = await store.look(Look(NOBODY, recipients=refs))

        assert list(first.found_recipients.values()) == [grp]
        assert second.found_recipients == dict(zip(refs, (user, org, grp), strict=True))

    async def test_shares(self, store: Store, build: Builder) -> None:
        """A share is found by number, uid and version, with its item; an ended one, or an old version, is not."""
        root = await build.space(await build.user("ann"))
        bob = await build.user("bob")
        item = await build.item(root, "a")
        share, ended = await build.share(item, bob), await build.share(root, bob)
        version = (await build.commit(Set(Share, (share,), {"version": -1}), Drop(Share, (ended,)))).no(-1)
        refs = (share, (await build.get(Share, share)).uid, VersionRef(version))

        snapshot = await store.look(Look(NOBODY, shares=(*refs, VersionRef(share), ended, "x", 99)))

        assert snapshot.found_shares == dict.fromkeys(refs, share)
        assert snapshot.chain(item) == (item, root)
        assert bob in snapshot.principals
        assert snapshot.on == {item: (share,)}


class Credentials:
    """``who``."""

    async def test_an_unknown_digest(self, store: Store) -> None:
        """A digest that nothing has finds nothing."""
        assert await store.who(b"\x00") is None

    async def test_a_token(self, store: Store, build: Builder) -> None:
        """A credential is found with its principal, whatever his state, and the present state of his password."""
        ann = await build.user("ann", state=State.SUSPENDED)
        no = (await build.put(Credential(-1, new_uid(), b"a", CredentialKind.TOKEN, ann, state_at=5))).no(-1)
        without = await store.who(b"a")
        await build.put(Password(ann, "hash", 7))

        held = await store.who(b"a")

        assert held is not None
        assert held.credential == await build.get(Credential, no)
        assert held.principal == await build.get(Principal, ann)
        assert held.state_at == 7
        assert without is not None
        assert without.state_at == 0

    async def test_a_pass(self, store: Store, build: Builder) -> None:
        """A pass comes with the present state of its share, and with none once that has ended."""
        share = await build.share(await build.space(await build.user("ann")), LINK, state_at=3)
        await build.put(Credential(-1, new_uid(), b"p", CredentialKind.PASS, None, share, state_at=3))
        live = await store.who(b"p")
        await build.set(Share, share, state_at=4)
        changed = await store.who(b"p")
        await build.commit(Drop(Share, (share,)))

        ended = await store.who(b"p")

        assert [held and (held.principal, held.state_at) for held in (live, changed, ended)] == [
            (None, 3),
            (None, 4),
            (None, None),
        ]

    async def test_nobody_is_left(self, store: Store, build: Builder) -> None:
        """A credential of a principal that is not there says so, and an expired one is found as any other."""
        await build.put(Credential(-1, new_uid(), b"x", CredentialKind.SESSION, 99, until=1))

        held = await store.who(b"x")

        assert held is not None
        assert (held.principal, held.state_at) == (None, None)
