"""The real client by graphql(): each query and mutation that shares have, and what a share's token reads."""

from typing import Any

import pytest
from tests.faces.directus.node import calls, oks
from tests.faces.directus.test_client import FIRST, role
from tests.faces.directus.town import Town

pytestmark = [pytest.mark.node, pytest.mark.slow]

Step = tuple[str, str, list[Any]]


def system(who: str, document: str, **variables: Any) -> Step:
    """Ask the system's endpoint."""
    return (who, "client.query", [document, variables, "system"])


def items(who: str, document: str, **variables: Any) -> Step:
    """Ask for rows."""
    return (who, "client.query", [document, variables, "items"])


SHARE = "{ id name item password max_uses }"
CHANGED = f'mutation($id: ID!) {{ update_shares_item(id: $id, data: {{name: "b"}}) {SHARE} }}'


def _ended() -> tuple[Step, ...]:
    """End one, and the others together."""
    return (
        system(
            "admin",
            "mutation($id: ID!) { delete_shares_item(id: $id) { id } }",
            id="$0.create_shares_item.id",
        ),
        system(
            "admin",
            "mutation($ids: [ID]!) { delete_shares_items(ids: $ids) { ids } }",
            ids=["$1.create_shares_items.0.id", "$1.create_shares_items.1.id"],
        ),
    )


async def test_shares(town: Town) -> None:
    """Made, asked for, added up, changed and ended, one and many."""
    viewers = await role(town)
    one = "mutation($d: create_directus_shares_input!) { create_shares_item(data: $d) { id name role { id name } } }"
    many = "mutation($d: [create_directus_shares_input!]) { create_shares_items(data: $d) { id name } }"
    found = oks(
        await calls(
            town,
            system("admin", one, d={**FIRST, "name": "a", "role": {"id": viewers, "name": "viewers"}}),
            system("admin", many, d=[{**FIRST, "name": "c"}, {**FIRST, "name": "d"}]),
            system("admin", f'{{ shares(sort: ["name"], limit: 2, filter: {{name: {{_neq: "d"}}}}) {SHARE} }}'),
            system(
                "admin",
                "query($id: ID!) { shares_by_id(id: $id) { name date_created_func { year } user_created { email } } }",
                id="$0.create_shares_item.id",
            ),
            system("admin", '{ shares_aggregated(groupBy: ["item"]) { group countAll count { id } } }'),
            system("admin", CHANGED, id="$0.create_shares_item.id"),
            system(
                "admin",
                "mutation($ids: [ID]!) { update_shares_items(ids: $ids, data: {max_uses: 4}) { id max_uses } }",
                ids=["$1.create_shares_items.0.id"],
            ),
            system(
                "admin",
                "mutation($d: [update_directus_shares_input!]) { update_shares_batch(data: $d) { id name } }",
                d=[{"id": "$1.create_shares_items.1.id", "name": "e"}],
            ),
            *_ended(),
            system("admin", "{ shares { id } }"),
        )
    )
    assert found[0]["create_shares_item"]["role"]["name"] == "viewers"
    assert [one["name"] for one in found[2]["shares"]] == ["a", "c"]
    assert found[3]["shares_by_id"]["user_created"] == {"email": "admin@example.com"}
    assert found[4]["shares_aggregated"][0]["countAll"] == 3
    assert (found[5]["update_shares_item"]["name"], found[6]["update_shares_items"][0]["max_uses"]) == ("b", 4)
    assert found[7]["update_shares_batch"][0]["name"] == "e"
    assert found[8]["delete_shares_item"] == {"id": found[0]["create_shares_item"]["id"]}
    assert len(found[9]["delete_shares_items"]["ids"]) == 2
    assert found[10] == {"shares": []}


async def test_what_a_share_token_reads(town: Town) -> None:
    """The shared row and what hangs together with it; nothing else is in its schema, and nothing can be changed."""
    viewers = await role(town)
    found = await calls(
        town,
        ("admin", "createShare", [{**FIRST, "role": viewers}]),
        ("nobody", "authenticateShare", ["$0.id", "not needed", "json"]),
        items("$1.access_token", "{ articles { id title comments { text } } }"),
        items("$1.access_token", "{ articles_by_id(id: 3) { id } }"),
        items("$1.access_token", "{ unrelated { id } }"),
        items("$1.access_token", 'mutation { update_articles_item(id: 1, data: {title: "x"}) { id } }'),
        system("$1.access_token", "{ shares { id } }"),
    )
    rows = found[2]["ok"]["articles"]
    assert [(str(one["id"]), one["title"], len(one["comments"])) for one in rows] == [("1", "First", 2)]
    assert all("error" in one for one in found[3:])
