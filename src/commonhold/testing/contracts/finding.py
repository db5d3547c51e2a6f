"""Items are found by filters: what they say, where they are, with whom they are shared, and whom they reach."""

from typing import Any

import pytest

from commonhold.core.changes import Drop, Set
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, Item, Life, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Find, Store
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, NEVER, Compare, Filter, Not, Op, all_of, any_of
from commonhold.core.roles import ItemKind, Kind
from commonhold.testing.build import Builder

MAP = '{"title": "Roads of Ann", "tags": ["Water", "Ice"], "type": "Web Map", "keywords": ["Map"], "summary": "Cold"}'

FILTERS: list[tuple[str, Filter, str]] = [
    ("everything", ALWAYS, "map pic far deep"),
    ("nothing", NEVER, ""),
    ("a media type", Compare("media", Op.EQ, "image/png"), "pic"),
    ("media types", Compare("media", Op.IN, ("image/png", "a/b")), "pic"),
    ("a kind of media", Compare("media", Op.STARTS_WITH, "image/"), "pic"),
    ("kinds", Compare("kind", Op.IN, (ItemKind.APP, ItemKind.ENTRY)), "far"),
    ("not a kind", Not(Compare("kind", Op.EQ, ItemKind.APP)), "map pic deep"),
    ("larger ones", Compare("size", Op.GT, 6), "pic"),
    ("from a moment on", Compare("made_at", Op.GTE, 20), "pic far"),
    ("before a moment", Compare("changed_at", Op.LT, 20), "map pic far deep"),
    ("words of a title", Compare("title", Op.ICONTAINS, "roads OF"), "map"),
    ("words of the name count with the title", Compare("title", Op.ICONTAINS, "map"), "map"),
    ("words in another order", Compare("title", Op.ICONTAINS, "of roads"), ""),
    ("the beginning of a word", Compare("words", Op.ISTARTS_WITH, "wat"), "map"),
    ("half a word", Compare("words", Op.ICONTAINS, "wat"), ""),
    ("a tag", Compare("tags", Op.ICONTAINS, "ice"), "map"),
    ("a tag is no title", Compare("title", Op.ICONTAINS, "ice"), ""),
    ("words of any text", Compare("words", Op.ICONTAINS, "cold"), "map"),
    ("a type", Compare("type", Op.ICONTAINS, "web map"), "map"),
    ("with a type", Compare("type", Op.NNULL), "map"),
    ("without a type", Not(Compare("type", Op.NNULL)), "pic far deep"),
    ("with tags", Compare("tags", Op.NNULL), "map"),
    ("with a name", Compare("words", Op.NNULL), "map pic far deep"),
    ("signs alone", Compare("words", Op.ICONTAINS, '"*-'), ""),
    ("signs with a meaning elsewhere", Compare("words", Op.ICONTAINS, 'NEAR("cold")'), ""),
    ("one or the other", any_of(Compare("tags", Op.ICONTAINS, "ice"), Compare("size", Op.EQ, 7)), "map pic"),
    ("both", all_of(Compare("tags", Op.ICONTAINS, "ice"), Compare("size", Op.EQ, 7)), ""),
    ("shared with everyone", Compare("recipient", Op.EQ, EVERYONE), "pic"),
    ("shared with one of several", Compare("recipient", Op.IN, (MAIN_ORG, EVERYONE)), "pic deep"),
    ("shared with one of few", Compare("recipient", Op.IN, (MAIN_ORG, 9_999)), "deep"),
    ("very many ways", any_of(*(Compare("size", Op.EQ, at) for at in range(1_500))), "map pic far deep"),
    ("very many conditions", all_of(*(Compare("size", Op.LT, 100 + at) for at in range(1_500))), "map pic far deep"),
    ("reaching everyone", Compare("reaches", Op.EQ, int(Kind.EVERYONE)), "pic"),
    ("reaching an organisation, by a folder too", Compare("reaches", Op.EQ, int(Kind.ORG)), "deep"),
    ("shared with an organisation", Compare("recipient", Op.EQ, MAIN_ORG), "deep"),
    ("reaching somebody", Compare("reaches", Op.EQ, 63), "pic deep far"),
    ("reaching nobody", Not(Compare("reaches", Op.EQ, 63)), "map"),
]


async def street(build: Builder) -> dict[str, int]:
    """Build what the filters are about: things of ann and bob, folders that take from above and one that does not."""
    ann, bob = await build.user("ann"), await build.user("bob", org=None)
    root, other = await build.space(ann, MAIN_ORG), await build.space(bob)
    docs = await build.folder(root, "docs")
    inner = await build.folder(docs, "inner")
    closed = await build.folder(docs, "closed", inherits=False)
    made = {"ann": ann, "bob": bob, "root": root, "docs": docs, "closed": closed}
    made["map"] = await build.item(root, "map.json", attributes=MAP, size=6, made_at=10)
    made["pic"] = await build.item(root, "pic.png", media="image/png", size=7, made_at=20)
    made["far"] = await build.item(other, "far", ItemKind.APP, made_at=30)
    made["deep"] = await build.item(inner, "deep.txt")
    made["shut"] = await build.item(closed, "shut", life=Life.TRASHED, name_key=None)
    await build.share(made["pic"], EVERYONE)
    await build.share(docs, MAIN_ORG)
    await build.share(made["far"], LINK)
    return made


class Finding:
    """``search`` by a filter."""

    @pytest.mark.parametrize(("asked", "names"), [one[1:] for one in FILTERS], ids=[one[0] for one in FILTERS])
    async def test_a_filter(self, store: Store, build: Builder, asked: Filter, names: str) -> None:
        """A filter finds what it says, of all living items; folders are none of them."""
        made = await street(build)

        found = await store.search(machine(), Find(asked))

        assert found == sorted((made[name] for name in names.split()), reverse=True)

    async def test_by_place_and_owner(self, store: Store, build: Builder) -> None:
        """Items are found by uid, by their folder, and by the owner or organisation of their space."""
        made = await street(build)
        uid = (await build.get(Item, made["map"])).uid

        async def found(field: str, value: Any) -> set[int]:
            return set(await store.search(machine(), Find(Compare(field, Op.EQ, value))))

        assert await found("uid", uid) == {made["map"]}
        assert await found("folder", made["root"]) == {made["map"], made["pic"]}
        assert await found("owner", made["bob"]) == {made["far"]}
        assert await found("org", MAIN_ORG) == {made["map"], made["pic"], made["deep"]}

    async def test_what_reaches_somebody(self, store: Store, build: Builder) -> None:
        """Somebody finds his own, what he administers, and what is shared with him or by a folder above."""
        made = await street(build)
        closed = await build.item(made["closed"], "closed.txt")

        async def found(*principals: int, **more: Any) -> set[int]:
            return set(await store.search(machine(), Find(ALWAYS, principals, **more)))

        assert await found(EVERYONE) == {made["pic"]}
        assert await found(EVERYONE, MAIN_ORG) == {made["pic"], made["deep"]}
        assert await found(EVERYONE, owner=made["bob"]) == {made["pic"], made["far"]}
        assert await found(EVERYONE, owner=made["bob"], org=MAIN_ORG) == {
            made[name] for name in ("map", "pic", "far", "deep")
        } | {closed}
        assert await found(LINK) == {made["far"]}
        await build.share(made["closed"], made["bob"])
        assert await found(made["bob"]) == {closed}

    async def test_it_is_current(self, store: Store, build: Builder) -> None:
        """What is withdrawn, thrown away, moved or called otherwise is found so by the next search."""
        made = await street(build)
        team = await build.group("team")
        share = await build.share(made["docs"], team)

        async def found(asked: Filter = ALWAYS, *principals: int) -> set[int]:
            return set(await store.search(machine(), Find(asked, principals or None)))

        assert await found(ALWAYS, team) == {made["deep"]}
        await build.commit(Drop(Share, (share,)))
        assert await found(ALWAYS, team) == set()
        await build.commit(Set(Item, (made["map"],), {"attributes": '{"tags": ["Fire"]}'}))
        assert await found(Compare("tags", Op.ICONTAINS, "fire")) == {made["map"]}
        assert await found(Compare("tags", Op.ICONTAINS, "ice")) == set()
        await build.set(Item, made["docs"], life=Life.TRASHED, name_key=None, trashed_at=1)
        assert made["deep"] not in await found()

    async def test_order_and_limit(self, store: Store, build: Builder) -> None:
        """Results come in the order that is asked for, at most as many as wanted; an unknown order is refused."""
        made = await street(build)

        async def found(order: str, limit: int = 9) -> list[int]:
            return await store.search(machine(), Find(ALWAYS, order=order, limit=limit))

        assert await found("name") == [made[name] for name in ("deep", "far", "map", "pic")]
        assert await found("-name", 2) == [made["pic"], made["map"]]
        assert await found("-size", 2) == [made["pic"], made["map"]]
        assert await found("made_at") == [made[name] for name in ("deep", "map", "pic", "far")]
        for odd in (
            Find(ALWAYS, order="media"),
            Find(Compare("secret", Op.EQ, 1)),
            Find(Compare("size", Op.ICONTAINS, 1)),
        ):
            with pytest.raises(Problem):
                await store.search(machine(), odd)
