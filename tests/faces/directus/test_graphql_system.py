"""GraphQL over shares and logging in: the recorded cases, each after the one before."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.faces.directus.test_graphql import ask, data
from tests.faces.directus.town import Client, Reply, Town

from commonhold.core.identity import Named
from commonhold.core.records.ruling import NewRule, add_rules
from commonhold.core.roles import Action, Kind, Role
from commonhold.faces.directus.registry import OURS
from commonhold.faces.directus.system import CATALOG

pytestmark = pytest.mark.slow

CASES = Path(__file__).parent / "cases" / "graphql.jsonl"
PATTERNS = {"{64 characters}": r"[\w-]{64}", "{access token}": r"[\w-]{64}", "{share token}": r"[\w-]{64}"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ABSENT = "6f1a0e5e-0000-4000-8000-00000000dead"


class Story:
    """Cases told one after the other; what a name in braces stands for is known from its first answer on."""

    def __init__(self, town: Town) -> None:
        """Begin with what the town has."""
        self.town = town
        self.known: dict[str, str] = {"{id2}": ABSENT, "{role.viewer}": OURS[Role.VIEWER]}

    async def begin(self) -> None:
        """Make the shares that the cases begin with, and open one; the editor may make shares, too."""
        town = self.town
        rule = NewRule(Named("editor", Kind.USER), "directus_shares", Action.CREATE | Action.READ)
        await add_rules(town.core, town.actor("admin"), [rule], CATALOG)
        for name, number in (("gql", "1"), ("x", "7"), ("y", "8"), ("z", "z")):
            body = {"name": name, "collection": "articles", "item": "1", "role": OURS[Role.VIEWER]}
            self.known[f"{{id{number}}}"] = (await self.town.admin("POST", "/shares", body)).data["id"]
        opened = (await self.town.nobody("POST", "/shares/auth", {"share": self.known["{idz}"]})).data
        self.known["{refresh}"] = opened["refresh_token"]
        self.town.clients["share token"] = Client(self.town.app, opened["access_token"])

    def filled(self, text: str) -> str:
        """Put in what names stand for."""
        for name, value in self.known.items():
            text = text.replace(name, value)
        return text

    async def tell(self, case: dict[str, Any]) -> Reply:
        """Ask as a case asks."""
        who = self.town.clients[case.get("as", "nobody")]
        body = case.get("body")
        sent = None if body is None else msgspec.json.decode(self.filled(msgspec.json.encode(body).decode()))
        return await who(case["method"], self.filled(case["path"]), sent)

    def same(self, expected: Any, found: Any, at: str) -> None:
        """Compare an answer; a moment stands for every moment."""
        if expected == "*":  # the words of the library
            assert found, at
        elif isinstance(expected, dict):
            assert isinstance(found, dict), at
            assert expected.keys() == found.keys(), (at, expected, found)
            for name, one in expected.items():
                self.same(one, found[name], f"{at}.{name}")
        elif isinstance(expected, list):
            if all(isinstance(one, dict) and "id" in one for one in expected):
                expected, found = [sorted(some, key=lambda one: str(one.get("name"))) for some in (expected, found)]
            assert len(expected) == len(found), (at, expected, found)
            for n, (one, other) in enumerate(zip(expected, found, strict=True)):
                self.same(one, other, f"{at}[{n}]")
        elif expected in PATTERNS:
            assert re.fullmatch(PATTERNS[expected], found), at
        elif isinstance(expected, str) and expected.startswith("{") and expected.endswith("}"):
            assert self.known.setdefault(expected, found) == found, at
        elif isinstance(expected, str) and MOMENT.fullmatch(expected):
            assert MOMENT.fullmatch(found), at
        else:
            assert found == expected, at


async def test_recorded_cases(town: Town) -> None:
    """Every recorded question to the schema of the system is answered as it was, one after the other."""
    story = Story(town)
    await story.begin()
    for line in CASES.read_bytes().splitlines():
        case = msgspec.json.decode(line)
        reply = await story.tell(case)
        assert reply.status == case["status"], (case["case"], reply)
        story.same(case["answer"], reply.json, case["case"])
        for name, value in case.get("answer_headers", {}).items():
            assert reply.headers[name] == ", ".join(value)


async def test_aggregates(town: Town) -> None:
    """Shares are counted by what groups them; times are written as everywhere."""
    await Story(town).begin()
    query = '{ shares_aggregated(groupBy: ["collection"]) { group count { id } max { max_uses } countAll } }'
    found = await data(town.admin, query, "/system")
    line = {"group": {"collection": "articles"}, "count": {"id": 4}, "max": {"max_uses": None}, "countAll": 4}
    assert found == {"shares_aggregated": [line]}
    (line, *_) = (await data(town.admin, '{ shares_aggregated(groupBy: ["date_created"]) { group } }', "/system"))[
        "shares_aggregated"
    ]
    assert MOMENT.fullmatch(line["group"]["date_created"])


async def test_operations_by_name(town: Town) -> None:
    """The operations and their arguments are those of the original; there is none to open, invite or inform."""
    query = """{ __schema { queryType { fields { name args { name type { ...t } } type { ...t } } }
      mutationType { fields { name args { name type { ...t } } type { ...t } } } } }
      fragment t on __Type { kind name ofType { kind name ofType { kind name ofType { name } } } }"""
    found = (await data(town.admin, query, "/system"))["__schema"]
    told = {one["name"]: one for kind in found.values() for one in kind["fields"]}
    lists = {"filter": "directus_shares_filter", "sort": "[String]", "limit": "Int", "offset": "Int", "page": "Int"}
    lists["search"] = "String"
    several = {"data": "[create_directus_shares_input!]", **lists}
    expected: dict[str, tuple[dict[str, str], str]] = {
        "shares": (lists, "[directus_shares!]!"),
        "shares_by_id": ({"id": "ID!", "version": "String"}, "directus_shares"),
        "shares_aggregated": ({"groupBy": "[String]", **lists}, "[directus_shares_aggregated!]!"),
        "create_shares_item": ({"data": "create_directus_shares_input!"}, "directus_shares"),
        "create_shares_items": (several, "[directus_shares!]!"),
        "update_shares_item": ({"id": "ID!", "data": "update_directus_shares_input!"}, "directus_shares"),
        "update_shares_items": (
            {"ids": "[ID]!", "data": "update_directus_shares_input!", **lists},
            "[directus_shares!]!",
        ),
        "update_shares_batch": ({"data": "[update_directus_shares_input!]", **lists}, "[directus_shares!]!"),
        "delete_shares_item": ({"id": "ID!"}, "delete_one"),
        "delete_shares_items": ({"ids": "[ID]!"}, "delete_many"),
    }
    for name, (arguments, kind) in expected.items():
        assert {one["name"]: _written(one["type"]) for one in told[name]["args"]} == arguments, name
        assert _written(told[name]["type"]) == kind, name
    assert {"auth_login", "auth_refresh", "auth_logout"} <= told.keys()
    assert not {name for name in told if "invite" in name or "info" in name or "shares_auth" in name}


def _written(kind: Any) -> str:
    if kind["name"]:
        return str(kind["name"])
    inner = _written(kind["ofType"])
    return f"{inner}!" if kind["kind"] == "NON_NULL" else f"[{inner}]"


async def test_the_object(town: Town) -> None:
    """A share has twelve fields, and functions of its moments; its collection is a text."""
    query = '{ __type(name: "directus_shares") { fields { name type { kind name ofType { kind name } } } } }'
    found = (await data(town.admin, query, "/system"))["__type"]["fields"]
    assert {one["name"]: _written(one["type"]) for one in found} == {
        "id": "ID!",
        "name": "String",
        "collection": "String!",
        "item": "String!",
        "role": "directus_roles",
        "password": "Hash",
        "user_created": "directus_users",
        "date_created": "Date",
        "date_created_func": "datetime_functions",
        "date_start": "Date",
        "date_start_func": "datetime_functions",
        "date_end": "Date",
        "date_end_func": "datetime_functions",
        "times_used": "Int",
        "max_uses": "Int",
    }


async def test_sessions(town: Town) -> None:
    """Logging in, renewing and logging out work in each mode; after it the secrets are dead."""
    login = 'mutation($m: auth_mode) { auth_login(email: "editor@example.com", password: "correct horse", mode: $m)'
    login += " { access_token expires refresh_token } }"
    handed = (await data(town.nobody, login, "/system", m="json"))["auth_login"]
    query = "mutation($t: String) { auth_logout(refresh_token: $t) }"
    assert await data(town.nobody, query, "/system", t=handed["refresh_token"]) == {"auth_logout": True}
    assert (await Client(town.app, handed["access_token"])("GET", "/items/articles")).status == 401

    reply = await ask(town.nobody, login, "/system", m="session")
    assert reply.data == {"auth_login": {"access_token": None, "expires": "86400000", "refresh_token": None}}
    assert "directus_session_token=" in reply.headers["set-cookie"]
    reply = await ask(town.nobody, login.replace("correct horse", "wrong"), "/system", m="json")
    assert reply.json["errors"][0]["extensions"]["code"] == "INVALID_CREDENTIALS"
    reply = await ask(town.nobody, "mutation { auth_refresh { access_token } }", "/system")
    assert reply.json["errors"][0]["extensions"]["code"] == "INVALID_PAYLOAD"
