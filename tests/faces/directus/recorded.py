"""Recorded cases: requests and answers with placeholders, sent to a server of ours, and compared as far as they say.

A placeholder stands for the same value wherever it is met within a group. Moments are compared by their form, lists
that were sorted by random ids as sets, and texts that were cut short by nothing but the status.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import msgspec
from tests.faces.directus.town import Client, Reply

from commonhold.http.app import App

CASES: Final = Path(__file__).parent / "cases"
NAMES: Final = ("articles", "authors", "categories", "comments", "unrelated")
ISO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_PLACEHOLDER: Final = re.compile(
    r"\{[a-z]+\d* ?(?:upper-case|characters|token)?\}|\{(?:role|user)\.[a-z]+\}|\{\d+ characters\}"
)
_IN_TEXT: Final = re.compile(r'"(articles|authors|categories|comments|unrelated)"')
_KEYS: Final = frozenset({"collection", "table", "name", "many_collection", "one_collection", "related_collection"})
_COUNTED: Final = frozenset({"times_used", "countAll"})

Json = Any


def load() -> dict[str, list[dict[str, Json]]]:
    """Return the cases in order, by the group that their names begin with."""
    found: dict[str, list[dict[str, Json]]] = {}
    for line in (CASES / "recorded.jsonl").read_text().splitlines():
        case = msgspec.json.decode(line)
        found.setdefault(case["case"].partition(":")[0], []).append(case)
    return found


def overruled() -> dict[str, dict[str, Json]]:
    """Return the cases that we answer in another way, each with its reason."""
    found: dict[str, dict[str, Json]] = msgspec.json.decode((CASES / "overruled.json").read_bytes())
    return found


class Run:
    """One group under way: what placeholders stand for, and who asks."""

    def __init__(self, app: App, facts: dict[str, Json]) -> None:
        """Begin with what the fixture made."""
        self.app = app
        self.facts = facts
        self.tag = facts["tag"]
        self.bound: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.refresh = ""
        self.token = ""
        self.tokens: dict[str, str] = {}  # of shares, by what cases call them
        self.refreshed: list[str] = []
        self.newest = ""
        self.before: dict[str, str] = {}  # cookies before the last ones
        self.after: dict[str, str] = {}
        self.limited = False
        for name, role in facts["roles"].items():
            self.bound[f"{{role.{name}}}"] = role
        for name, user in facts["users"].items():
            self.bound[f"{{user.{name}}}"] = user["id"]
        self.bound["{user.admin}"] = facts["admin"]["id"]
        self.bound["{admin token}"] = facts["admin"]["token"]
        self.admin = Client(app, facts["admin"]["token"])

    def who(self, name: str | None) -> Client:
        """Return the client of whoever asks."""
        if name == "admin":
            return self.admin
        if name == "share token":
            return Client(self.app, self.token)
        if name in self.facts["users"]:
            return Client(self.app, self.facts["users"][name]["token"])
        return Client(self.app, None if name is None else "nonsense")

    async def make(self, place: str | None, by: str = "admin", **data: Json) -> str:
        """Make a share, for a placeholder."""
        body = {"collection": "articles", "item": "1", "role": self.bound["{role.viewer}"], **data}
        body["collection"] = self.tagged(body["collection"])
        reply = await self.who(by)("POST", "/shares", body)
        uid: str = reply.data["id"]
        if place is not None:
            self.bound[place] = uid
        return uid

    async def open(self, uid: str, **body: Json) -> Reply:
        """Open a share, and keep what is handed out."""
        reply = await self.who(None)("POST", "/shares/auth", {"share": uid, **body})
        self.keep(reply)
        return reply

    def keep(self, reply: Reply) -> None:
        """Keep tokens and cookies that an answer hands out."""
        if reply.status != 200 or not reply.body.startswith(b"{"):
            return
        data = reply.json.get("data")
        if isinstance(data, dict):
            if data.get("refresh_token"):
                self.refresh = data["refresh_token"]
                self.refreshed.append(self.refresh)
            if data.get("access_token"):
                self.token = data["access_token"]
        for line in reply.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            if name in self.cookies:
                self.before[name] = self.cookies[name]
            self.cookies[name] = self.after[name] = rest.partition(";")[0]

    # --- what is sent

    def tagged(self, name: str) -> str:
        """Return the name that a collection has here."""
        return f"{name}_{self.tag}" if name in NAMES else name

    def put(self, value: Json, key: str = "") -> Json:
        """Return a recorded value as it is sent, or expected."""
        if isinstance(value, dict):
            return {name: self.put(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.put(one, key) for one in value]
        if not isinstance(value, str):
            return value
        if value in NAMES and key in _KEYS:
            return self.tagged(value)
        return self.text(value)

    def text(self, value: str) -> str:
        """Return a text with what its placeholders stand for."""
        for place, known in self.bound.items():
            value = value.replace(place, known)
            value = value.replace(f"{place[:-1]} upper-case}}", known.upper())
        value = re.sub(r'(refresh_token: \\?")[^"\\]+', rf"\g<1>{self.refresh}", value)
        value = value.replace("{share token}", self.token or "{share token}")
        value = _IN_TEXT.sub(lambda found: f'"{self.tagged(found[1])}"', value)
        value = re.sub(r"\b(editor|outsider|blind)@example", rf"\1-{self.tag}@example", value)
        return value.replace(" TAG", f" {self.tag}")

    def path(self, path: str) -> str:
        """Return a recorded path as it is sent."""
        path = re.sub(r"^/(items|collections|fields)/(\w+)", lambda found: f"/{found[1]}/{self.tagged(found[2])}", path)
        for at in range(1, 20):
            place = f"{{id{at}}}"
            if place in path and place not in self.bound:
                self.bound[place] = f"00000000-0000-4000-8000-0000000000{at:02}"
        return self.text(path)

    async def send(self, case: dict[str, Json]) -> Reply:
        """Send the request of a case."""
        body = case.get("body")
        for place in re.findall(r"\{id\d+\}", json.dumps(body)):
            self.bound.setdefault(place, f"00000000-0000-4000-8000-0000000000{int(place[3:-1]):02}")
        if isinstance(body, dict) and "refresh_token" in body and body["refresh_token"] == "{64 characters}":
            body = {**body, "refresh_token": self.refresh}
        more: dict[str, Json] = {}
        if case.get("cookies"):
            more["headers"] = {"cookie": "; ".join(f"{name}={self.cookies[name]}" for name in case["cookies"])}
        if "headers" in case:
            more["headers"] = {name.lower(): one for name, one in case["headers"].items()}
            more["content"] = body
            return await self.who(case.get("as"))(case["method"], self.path(case["path"]), **more)
        if isinstance(body, str):
            length = re.fullmatch(r"\((\d+) characters\)", body)
            sent: Json = (b'"' + b"x" * (int(length[1]) - 2) + b'"') if length else body.encode()
            return await self.who(case.get("as"))(case["method"], self.path(case["path"]), sent, **more)
        return await self.who(case.get("as"))(case["method"], self.path(case["path"]), self.put(body), **more)

    # --- what is expected

    def differs(self, case: dict[str, Json], reply: Reply) -> str | None:
        """Say how an answer differs from the recorded one; None if it does not."""
        if reply.status != case["status"]:
            return f"status {reply.status} instead of {case['status']}: {reply.text[:300]}"
        expected = case.get("answer")
        if expected is None or case["method"] == "HEAD":
            return None
        if isinstance(expected, str):
            return self._differs_text(case, expected, reply)
        loose = _unsorted(case)
        self.limited = loose and "limit=" in case["path"]
        try:
            self.match(expected, reply.json, loose=loose)
        except AssertionError as error:
            return f"{error}; answer: {reply.text[:400]}"
        return None

    def _differs_text(self, case: dict[str, Json], expected: str, reply: Reply) -> str | None:
        if expected.endswith("…"):
            return None
        expected = self.text(expected)
        places = "|".join((r"\d+(?=,,$)",)) if "times_used" in expected else None
        found = reply.text
        if places:
            expected, found = re.sub(places, "0", expected), re.sub(places, "0", found)
        return None if expected == found else f"{found!r} instead of {expected!r} in {case['case']}"

    def match(self, expected: Json, found: Json, path: str = "", key: str = "", *, loose: bool = False) -> None:
        """Compare an answer with what was recorded; bind placeholders that are met for the first time."""
        if isinstance(expected, dict):
            assert isinstance(found, dict), f"{path}: {found!r} is no object"
            assert set(found) == set(expected), f"{path}: {sorted(found)} instead of {sorted(expected)}"
            for name, one in expected.items():
                self.match(one, found[name], f"{path}.{name}", name, loose=loose)
        elif isinstance(expected, list):
            assert isinstance(found, list), f"{path}: {found!r} is no list"
            self._match_list(expected, found, path, key, loose=loose)
        elif isinstance(expected, str):
            self._match_text(expected, found, path, key)
        elif key not in _COUNTED:
            assert expected == found, f"{path}: {found!r} instead of {expected!r}"

    def _match_list(self, expected: list[Json], found: list[Json], path: str, key: str, *, loose: bool) -> None:
        if expected and isinstance(expected[-1], str) and expected[-1].endswith("in all"):
            assert found, f"{path}: nothing"
            return
        assert len(expected) == len(found), f"{path}: {len(found)} instead of {len(expected)}"
        if loose and all(isinstance(one, dict) for one in [*expected, *found]):
            if self.limited:  # some rows of an order that nobody knows
                return
            expected = sorted(self.put(expected), key=_named)
            found = sorted(found, key=_named)
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            self.match(one, other, f"{path}[{at}]", key, loose=loose)

    def _match_text(self, expected: str, found: Json, path: str, key: str) -> None:
        expected = self.put(expected, key)
        if ISO.fullmatch(expected):
            assert isinstance(found, str), f"{path}: {found!r}"
            assert ISO.fullmatch(found), f"{path}: {found!r} is no moment"
            return
        if expected in ("{64 characters}", "{share token}", "{access token}", self.token):
            assert isinstance(found, str), f"{path}: {found!r}"
            assert len(found) == 64, f"{path}: {found!r} is no token"
            return
        if expected not in self.bound and _PLACEHOLDER.fullmatch(expected):
            assert isinstance(found, str), f"{path}: {found!r}"
            self.bound[expected] = found
            return
        assert expected == found, f"{path}: {found!r} instead of {expected!r}"


def _named(row: dict[str, Json]) -> str:
    return str(row.get("name") or row.get("user_created") or row.get("id"))


def _unsorted(case: dict[str, Json]) -> bool:
    asked = case["path"] + json.dumps(case.get("body"))
    return "/shares" in case["path"] and "sort" not in asked
