"""Whoever asked before, everybody is answered as if he were alone: nothing of an authority is in what is kept."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise, permutations
from typing import Any

import pytest
from tests.faces.directus.town import Client, Town, again

from commonhold.core.core import Core
from commonhold.core.model import EVERYONE, Principal
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.query import Compare, Current, Op
from commonhold.core.records.rows import update_rows
from commonhold.core.roles import Action

pytestmark = pytest.mark.slow

ASKED = (
    "/items/articles?fields=*,comments.text,author.name",
    "/items/articles?fields=id,title&filter[views][_gt]=5",
    "/items/articles/1",
    "/items/articles/3?fields=title",
    "/items/comments?aggregate[count]=*",
    "/items/articles?filter[secret_note][_eq]=$CURRENT_USER&fields=id",
    "/collections",
)
DOCUMENTS = (
    "{ articles { id title } }",
    "{ articles { id title views comments { text } author { name } } }",
    "{ articles_by_id(id: 1) { title } comments_aggregated { countAll } }",
    '{ articles(filter: {secret_note: {_eq: "$CURRENT_USER"}}) { id } }',
    "{ __schema { types { name fields { name } } } }",
)
SYSTEM = "{ shares { id name } }"


async def _role(town: Town, title: str, *fields: str) -> str:
    """Make a role that reads fields of articles, and comments, as a client does."""
    role: str = (await town.admin("POST", "/roles", {"name": title})).data["id"]
    policy = (await town.admin("POST", "/policies", {"name": title})).data["id"]
    await town.admin("POST", "/access", {"role": role, "policy": policy})
    for collection, names in (("articles", list(fields)), ("comments", ["*"])):
        body = {"policy": policy, "collection": collection, "action": "read", "fields": names, "permissions": {}}
        assert (await town.admin("POST", "/permissions", body)).status == 200
    return role


async def _uid(core: Core, no: int) -> str:
    people: list[Principal] = await core.store.rows(machine(), Rows(Principal))
    return next(one.uid for one in people if one.no == no)


async def _opened(town: Town, item: str, role: str | None) -> Client:
    share = (await town.admin("POST", "/shares", {"collection": "articles", "item": item, "role": role})).data["id"]
    opened = (await town.nobody("POST", "/shares/auth", {"share": share})).data
    return Client(town.app, opened["access_token"])


@pytest.fixture
async def crowd(town: Town) -> Town:
    """Shares of one role, of a narrower one and of none; people who see all, their own or little; and nobody."""
    wide, narrow = await _role(town, "wide", "*"), await _role(town, "narrow", "id", "title")
    await town.rule(EVERYONE, "authors", Action.READ, Compare("id", Op.EQ, 1), ("id", "name"))
    for who, key in (("outsider", 1), ("blind", 2)):
        uid = await _uid(town.core, town.numbers[who])
        await update_rows(town.core, town.actor("admin"), "articles", [key], {"secret_note": uid})
    await town.rule(EVERYONE, "unrelated", Action.READ, Compare("title", Op.EQ, Current("user")))
    town.clients |= {
        "first": await _opened(town, "1", wide),
        "third": await _opened(town, "3", wide),
        "little": await _opened(town, "1", narrow),
        "bare": await _opened(town, "1", None),
    }
    return town


async def _answers(who: Client) -> list[Any]:
    """Ask everything, and return status and body of each answer."""
    found = [await who("GET", path) for path in ASKED]
    found += [await who("POST", "/graphql", {"query": text}) for text in DOCUMENTS]
    found.append(await who("POST", "/graphql/system", {"query": SYSTEM}))
    return [(one.status, one.json) for one in found]


NAMES = ("first", "third", "little", "bare", "admin", "outsider", "blind", "nobody")


def _each_after_each(names: Sequence[str]) -> list[str]:
    """Return a row in which each name stands once right after each other one."""
    left = {name: [other for other in names if other != name] for name in names}
    row, path = list[str](), [names[0]]
    while path:  # as Hierholzer walks every edge of a graph once
        if left[path[-1]]:
            path.append(left[path[-1]].pop())
        else:
            row.append(path.pop())
    return row[::-1]


async def test_in_every_order(crowd: Town) -> None:
    """Each gets the same answers alone and after any other, over REST and GraphQL."""
    alone = {}
    for name in NAMES:
        fresh = again(crowd, crowd.core)
        alone[name] = await _answers(fresh.clients[name])
    assert alone["first"] != alone["third"]
    assert alone["first"] != alone["little"]
    assert alone["outsider"] != alone["blind"]
    titles = {name: str(found[0]) for name, found in alone.items()}
    assert "First" in titles["first"]
    assert "Third" not in titles["first"]
    assert "first body" not in titles["little"]
    row = _each_after_each(NAMES)
    assert set(pairwise(row)) == set(permutations(NAMES, 2))
    for before, name in pairwise(row):
        assert await _answers(crowd.clients[name]) == alone[name], (before, name)


async def test_at_the_same_time(crowd: Town) -> None:
    """Those who ask at the same time are told apart as well."""
    alone = [await _answers(crowd.clients[name]) for name in NAMES]
    assert await asyncio.gather(*(_answers(crowd.clients[name]) for name in NAMES)) == alone
