"""Sharing: every row of the tables of semantics and edge cases, and who sees what afterwards."""

from typing import Any

import msgspec
import pytest
from tests.faces.arcgis.cases_of import FOLDER, cases, filled, like, send
from tests.faces.arcgis.town import Town

CASES = cases("share.jsonl")
QUICK = 12  # every so many cases one is in the quick lane


def _marked(all_of_them: list[dict[str, Any]]) -> list[Any]:
    return [
        pytest.param(case, id=case["name"], marks=[] if at % QUICK == 0 else [pytest.mark.slow])
        for at, case in enumerate(all_of_them)
    ]


@pytest.mark.parametrize("case", _marked(CASES))
async def test_a_case(town: Town, case: dict[str, Any]) -> None:
    """The reply is the one of the table, and the item is shared afterwards as the table says."""
    case = filled(town, case)
    for by, method, path, asked in case.get("before", ()):
        before = await send(town, by, method, path, asked)
        assert not before.error, before
        assert not before.json.get("notSharedWith"), before
    reply = await send(town, case["by"], *case["do"])
    assert reply.status == 200, reply
    if "refused" in case:
        assert reply.code == tuple(case["refused"]), reply
    else:
        assert like(reply.json, case["answer"]) == case["answer"], reply
    if "then" in case:
        access, groups, *which = case["then"]
        name = which[0] if which else "map"
        found = await town.admin.get(filled(town, f"/content/users/{_owner(name)}/items/{{{name}}}"))
        sharing = {"access": access, "groups": sorted(town.groups[title] for title in groups)}
        assert {**found["sharing"], "groups": sorted(found["sharing"]["groups"])} == sharing


def _owner(name: str) -> str:
    return "viewer" if name == "looked" else "owner"


WIDTHS = {
    "private": {},
    "shared": {"groups": "{club}"},
    "org": {"org": "true"},
    "public": {"everyone": "true"},
}


@pytest.mark.parametrize("access", WIDTHS)
async def test_who_sees_what(town: Town, access: str) -> None:
    """Item, data, groups, related items, files about it and searches: each door opens to those of the table alone."""
    table = msgspec.json.decode((FOLDER / "visibility.json").read_bytes())
    item = town.id("/owner/map.json")
    await town.owner.post(f"/content/users/owner/items/{item}/share", **filled(town, WIDTHS[access]))
    for row in table:
        caller, control = row["caller"], row[access]
        client = town.clients[caller]
        found = await client("GET", f"/content/items/{item}", params={"f": "json"})
        for door in ("data", "groups", "relatedItems", "resources"):
            reply = await client("GET", f"/content/items/{item}/{door}", params={"f": "json"})
            assert (reply.code is None) is (control is not None), (caller, door, reply)
        about = await client("GET", f"/content/items/{item}/info/metadata/metadata.xml", params={"f": "json"})
        assert about.code == ((400, "CONT_0004") if control else (403, "GWM_0003"))
        if control is None:
            assert found.code == (403, "GWM_0003"), (caller, found)
            continue
        assert (found.json["itemControl"], found.json["access"]) == (control, access), (caller, found)
