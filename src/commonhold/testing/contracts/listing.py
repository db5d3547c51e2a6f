"""Lists: rows by conditions and in order, paged by key; what is shared with somebody; search."""

from typing import Any, Final

import pytest

from commonhold.core.model import (
    EVERYONE,
    LINK,
    Credential,
    CredentialKind,
    Event,
    Item,
    Life,
    Member,
    Outbox,
    Profile,
    Share,
    Throttle,
)
from commonhold.core.policy.require import machine
from commonhold.core.ports import LONGEST_PAGE, Ends, Rows, Search, SharedWith, Store, Where
from commonhold.core.roles import Kind
from commonhold.testing.build import Builder

SUBJECTS: Final = ("a", "A", "ab", "aB", "a%", "a_", "á", "b", "")


async def throttles(store: Store, *where: Where, **how: Any) -> list[str]:
    """Return the subjects of the rows that match; each has the length of its name as count."""
    return [row.subject for row in await store.rows(machine(), Rows(Throttle, where, **how))]


async def fill(build: Builder) -> None:
    """Put a row for each of ``SUBJECTS``."""
    await build.put(*(Throttle(subject, at, len(subject)) for at, subject in enumerate(SUBJECTS)))


async def paged(store: Store, rows: Rows, size: int) -> list[Any]:
    """Read all pages of a listing."""
    found: list[Any] = []
    after: tuple[Any, ...] | None = None
    columns = [*(name.removeprefix("-") for name in rows.order), *rows.table.key]
    while True:
        page = await store.rows(machine(), Rows(rows.table, rows.where, rows.order, after, size))
        found += page
        if len(page) < size:
            return found
        after = tuple(getattr(page[-1], column) for column in columns)


class Listing:
    """``rows``, ``shared_with`` and ``search``."""

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (Where("subject", "eq", "a"), {"a"}),
            (Where("subject", "ne", "a"), {"A", "ab", "aB", "a%", "a_", "á", "b", ""}),
            (Where("subject", "in", ("a", "á", "x")), {"a", "á"}),
            (Where("subject", "in", ()), set()),
            (Where("subject", "prefix", "a"), {"a", "ab", "aB", "a%", "a_"}),
            (Where("subject", "prefix", "a%"), {"a%"}),
            (Where("subject", "prefix", "a_"), {"a_"}),
            (Where("subject", "prefix", ""), set(SUBJECTS)),
            (Where("subject", "lt", "a"), {"A", ""}),
            (Where("subject", "ge", "b"), {"b", "á"}),
            (Where("count", "lt", 1), {""}),
            (Where("count", "le", 1), {"", "a", "A", "á", "b"}),
            (Where("count", "gt", 1), {"ab", "aB", "a%", "a_"}),
            (Where("count", "ge", 3), set()),
        ],
        ids=lambda value: str(sorted(value)) if isinstance(value, set) else str(value),
    )
    async def test_conditions(self, store: Store, build: Builder, where: Where, expected: set[str]) -> None:
        """Each condition compares numbers as numbers and texts by code points; no sign has a meaning of its own."""
        await fill(build)

        assert set(await throttles(store, where)) == expected

    async def test_all_conditions_hold(self, store: Store, build: Builder) -> None:
        """Several conditions hold together; none at all lists everything."""
        await fill(build)

        assert await throttles(store, Where("subject", "prefix", "a"), Where("count", "eq", 1)) == ["a"]
        assert await throttles(store, Where("since", "gt", 1), Where("since", "lt", 4)) == ["aB", "ab"]
        assert set(await throttles(store)) == set(SUBJECTS)

    async def test_conditions_on_nothing(self, store: Store, build: Builder) -> None:
        """An empty column is found by ``null`` alone: it equals nothing and differs from nothing."""
        commit = await build.put(*(Outbox(-at, "k", principal, None) for at, principal in ((1, 20), (2, None))))

        async def numbers(op: str, value: Any = None) -> list[int]:
            where = (Where("principal", op, value),)
            return [row.no - commit.no(-1) for row in await store.rows(machine(), Rows(Outbox, where))]

        assert await numbers("null") == [1]
        assert await numbers("notnull") == [0]
        assert await numbers("ne", 21) == [0]
        assert await numbers("eq") == []
        assert await numbers("lt", 30) == [0]

    async def test_conditions_on_words(self, store: Store, build: Builder) -> None:
        """Kinds, states and flags are compared with the values that the rows hold."""
        ann, grp = await build.user("ann", admin=True), await build.group("grp")
        root = await build.space(ann)
        await build.item(root, "a", life=Life.TRASHED, name_key=None)

        profiles = await store.rows(machine(), Rows(Profile, (Where("kind", "in", (Kind.USER, Kind.GROUP)),)))
        trashed = await store.rows(machine(), Rows(Item, (Where("life", "eq", Life.TRASHED),)))
        stopping = await store.rows(machine(), Rows(Item, (Where("inherits", "eq", False),)))

        assert [profile.no for profile in profiles] == [ann, grp]
        assert [item.name for item in trashed] == ["a"]
        assert stopping == []

    async def test_texts_in_order(self, store: Store, build: Builder) -> None:
        """Texts are ordered by code points, and without an order rows come by their key."""
        await fill(build)

        assert await throttles(store) == sorted(SUBJECTS)
        assert await throttles(store, order=("-subject",)) == sorted(SUBJECTS, reverse=True)
        assert await throttles(store, order=("-count", "since")) == ["ab", "aB", "a%", "a_", "a", "A", "á", "b", ""]

    @pytest.mark.parametrize("size", [1, 2, 7, 100])
    @pytest.mark.parametrize(
        "order", [(), ("at",), ("-at",), ("item", "-at"), ("-item", "at"), ("-kind", "item", "-no"), ("-no",)]
    )
    async def test_pages(self, store: Store, build: Builder, order: tuple[str, ...], size: int) -> None:
        """Pages of any size show every row once and in order: ties, both directions, empty columns first."""
        kinds, items = ("a", "b"), (None, 20, 21)
        await build.put(*(Event(-n - 1, n % 4, kinds[n % 2], None, "tests", items[n % 3]) for n in range(30)))
        rows = Rows(Event, (Where("at", "ge", 1),), order)
        whole = await store.rows(machine(), rows)

        assert await paged(store, rows, size) == whole
        assert len(whole) == 22
        expected = list(whole)
        for name in reversed((*order, "no")):
            column, descending = name.removeprefix("-"), name.startswith("-")
            expected.sort(key=lambda row: (getattr(row, column) is not None, getattr(row, column)), reverse=descending)
        assert whole == expected

    async def test_pages_of_pairs(self, store: Store, build: Builder) -> None:
        """Rows whose key has two columns are paged by both."""
        await build.put(*(Member(member, grp) for grp in (30, 31) for member in range(40, 45)))

        found = await paged(store, Rows(Member, order=("grp",)), 3)

        assert [(edge.grp, edge.member) for edge in found] == [(grp, no) for grp in (30, 31) for no in range(40, 45)]

    async def test_the_longest_page(self, store: Store, build: Builder) -> None:
        """No page is longer than the longest, whatever is asked for, so that one reading is bounded."""
        await build.put(*(Event(-n - 1, n, "x", None, "tests") for n in range(LONGEST_PAGE + 5)))

        assert len(await store.rows(machine(), Rows(Event, limit=10_000))) == LONGEST_PAGE
        assert len(await paged(store, Rows(Event), LONGEST_PAGE)) == LONGEST_PAGE + 5

    async def test_rows_between_pages(self, store: Store, build: Builder) -> None:
        """A row that comes or goes between two pages moves no other row off or onto a page."""
        await build.put(*(Throttle(subject, 0, 0) for subject in "bdfh"))
        first = await throttles(store, limit=2)
        await build.put(Throttle("a", 0, 0), Throttle("e", 0, 0))

        assert first + await throttles(store, limit=9, after=(first[-1],)) == ["b", "d", "e", "f", "h"]


class Reachable:
    """``shared_with``."""

    async def test_shared_with(self, store: Store, build: Builder) -> None:
        """Somebody is shown the shares with all that he is, newest first; not links, everyone's, or his own making."""
        ann, bob = await build.user("ann"), await build.user("bob")
        grp, other = await build.group("grp", bob), await build.group("other")
        top, mail = await build.group("top"), await build.mail("bob@example.org", bob)
        await build.nest(grp, top)
        root = await build.space(ann)
        shares = [await build.share(root, to) for to in (bob, grp, top, mail)]
        public = await build.share(root, EVERYONE)
        for to in (ann, other, LINK):
            await build.share(root, to)
        await build.share(root, grp, stands_on=bob, made_by=bob)

        assert await store.shared_with(machine(), SharedWith(bob)) == shares[::-1]
        assert await store.shared_with(machine(), SharedWith(bob, everyone=True)) == [public, *shares[::-1]]

    async def test_pages_of_shares(self, store: Store, build: Builder) -> None:
        """Pages go on before the last number seen, and merge what he is."""
        ann, bob = await build.user("ann"), await build.user("bob")
        grp = await build.group("grp", bob)
        root = await build.space(ann)
        made = [await build.share(await build.item(root, str(at)), (bob, grp)[at % 2]) for at in range(9)]

        pages: list[list[int]] = []
        before = None
        while not pages or pages[-1]:
            pages.append(await store.shared_with(machine(), SharedWith(bob, before, 4)))
            before = pages[-1][-1] if pages[-1] else None

        assert pages == [made[:4:-1], made[4:0:-1], made[:1], []]

    async def test_withdrawn(self, store: Store, build: Builder) -> None:
        """A withdrawn share is shown no more, nor one with a group that he has left."""
        ann, bob = await build.user("ann"), await build.user("bob")
        grp = await build.group("grp", bob)
        root = await build.space(ann)
        share = await build.share(root, bob)
        await build.share(root, grp)

        await build.drop(Share, share)
        await build.drop(Member, bob, grp)

        assert await store.shared_with(machine(), SharedWith(bob)) == []


class Ending:
    """``ends_with``."""

    async def test_what_ends_with_a_share(self, store: Store, build: Builder) -> None:
        """What hangs on a share and lives, at any depth; what is named itself is not counted below another."""
        ann, bob = await build.user("ann"), await build.user("bob")
        root = await build.space(ann)
        first = await build.share(root, bob)
        second = await build.share(root, LINK, stands_on=bob, hangs_on=first)
        third = await build.share(root, LINK, stands_on=bob, hangs_on=second)
        await build.share(root, LINK, stands_on=bob, hangs_on=second, until=7)
        aside = await build.share(root, LINK)
        for no, share, kind, family, until, state_at in (
            (1, second, CredentialKind.PASS, None, None, 0),
            (2, third, CredentialKind.PASS, None, 8, 0),
            (3, third, CredentialKind.PASS, None, 7, 0),
            (4, third, CredentialKind.PASS, None, None, 1),
            (5, second, CredentialKind.SESSION, "f", None, 0),
            (6, second, CredentialKind.REFRESH, "f", None, 0),
            (7, aside, CredentialKind.PASS, None, None, 0),
        ):
            state = (await build.get(Share, share)).state_at + state_at
            await build.put(Credential(-1, f"c{no}", b"%d" % no, kind, None, share, state, family=family, until=until))

        assert await store.ends_with(machine(), (first,), 7) == [Ends(first, 2, 2, 1)]
        assert await store.ends_with(machine(), (first, aside, third), 7) == [
            Ends(first, 1, 1, 1),
            Ends(aside, 0, 1, 0),
            Ends(third, 0, 1, 0),
        ]

    async def test_nothing_ends_with_what_is_not_there(self, store: Store) -> None:
        """A share that ended meanwhile takes nothing with it."""
        assert await store.ends_with(machine(), (10**6,), 7) == [Ends(10**6)]


class Searching:
    """``search``."""

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (("report",), {"Annual Report 2026.pdf", "report"}),
            (("REP",), {"Annual Report 2026.pdf", "report"}),
            (("annual", "2026"), {"Annual Report 2026.pdf"}),
            (("2026", "ann"), {"Annual Report 2026.pdf"}),
            (("eport",), set()),
            (("report.pdf",), {"Annual Report 2026.pdf"}),
            (("ﬁle",), {"File-1"}),
            (("straße",), {"STRASSE"}),
            (("ＲＥＰＯＲＴ",), {"Annual Report 2026.pdf", "report"}),
            (('"report', "OR", "*", "NEAR(", "-x"), set()),
            (('"report"', "*", "()", "'"), {"Annual Report 2026.pdf", "report"}),
        ],
        ids=lambda value: repr(sorted(value)) if isinstance(value, set) else repr(value),
    )
    async def test_words(self, store: Store, build: Builder, words: tuple[str, ...], expected: set[str]) -> None:
        """All words must begin some word of the name; case and width do not count, and no sign has a meaning."""
        root = await build.space(await build.user("ann"))
        names = ("Annual Report 2026.pdf", "report", "File-1", "STRASSE", "other")
        items = {await build.item(root, name): name for name in names}

        assert {items[no] for no in await store.search(machine(), Search(words))} == expected

    async def test_what_is_found(self, store: Store, build: Builder) -> None:
        """Only living items are found, by the name they have now, newest first, within the spaces that are named."""
        ann, bob = await build.space(await build.user("ann")), await build.space(await build.user("bob"))
        spaces = [(await build.get(Item, no)).space for no in (ann, bob)]
        first, second = await build.item(ann, "word one"), await build.item(bob, "word two")
        await build.item(ann, "word three", life=Life.TRASHED, name_key=None)
        renamed = await build.item(ann, "word four")
        await build.set(Item, renamed, name="five", name_key="five")
        erased = await build.item(ann, "word six")
        await build.set(Item, erased, name=None, name_key=None, life=Life.DELETED)

        async def found(**how: Any) -> list[int]:
            return await store.search(machine(), Search(("word",), **how))

        assert await found() == [second, first]
        assert await found(spaces=(spaces[0],)) == [first]
        assert await found(spaces=()) == []
        assert await store.search(machine(), Search(("five",))) == [renamed]

    async def test_pages_of_finds(self, store: Store, build: Builder) -> None:
        """Pages go on after the number of the last item seen."""
        root = await build.space(await build.user("ann"))
        items = [await build.item(root, f"word {at}") for at in range(5)]

        first = await store.search(machine(), Search(("word",), limit=3))
        second = await store.search(machine(), Search(("word",), limit=3, after=(first[-1],)))

        assert first + second == items[::-1]
