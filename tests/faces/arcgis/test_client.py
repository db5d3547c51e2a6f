"""The real JavaScript client, unchanged, from Node.js: whatever it offers around items and sharing them."""

from typing import Any

import pytest
from tests.faces.arcgis.node import calls, good
from tests.faces.arcgis.town import Town

pytestmark = [pytest.mark.node, pytest.mark.slow]

MAP: dict[str, Any] = {"title": "Roads", "type": "Web Map", "tags": ["water", "ice"], "text": {"layers": [1]}}


async def test_levels_of_access(town: Town) -> None:
    """Somebody who signs in sets each level of access; others see the item as far as it goes."""
    club = town.groups["club"]
    found = await calls(
        town,
        ("owner", "createItem", {"item": MAP}),
        ("owner", "setItemAccess", {"id": "$0.id", "access": "public"}),
        ("nobody", "getItem", {"id": "$0.id"}),
        ("nobody", "getItemData", {"id": "$0.id"}),
        ("owner", "setItemAccess", {"id": "$0.id", "access": "org"}),
        ("stranger", "getItem", {"id": "$0.id"}),
        ("external", "getItem", {"id": "$0.id"}),
        ("owner", "shareItemWithGroup", {"id": "$0.id", "groupId": club}),
        ("owner", "setItemAccess", {"id": "$0.id", "access": "private"}),
        ("owner", "getItem", {"id": "$0.id"}),
        ("stranger", "getItem", {"id": "$0.id"}),
        ("member", "setItemAccess", {"id": "$0.id", "access": "public", "owner": "owner"}),
        ("admin", "setItemAccess", {"id": "$0.id", "access": "org", "owner": "owner"}),
        ("admin", "getItem", {"id": "$0.id"}),
        sign_in=True,
    )
    item = found[0]["ok"]["id"]
    assert found[1]["ok"] == {"notSharedWith": [], "itemId": item}
    assert (found[2]["ok"]["access"], found[2]["ok"]["itemControl"]) == ("public", "view")
    assert found[3]["ok"] == {"layers": [1]}
    assert (found[5]["ok"]["access"], found[6]["error"]["code"]) == ("org", "GWM_0003")
    assert found[7]["ok"]["notSharedWith"] == []
    # "private" of this client leaves no group either: it sends blank groups
    assert (found[9]["ok"]["access"], found[10]["error"]["code"]) == ("private", "GWM_0003")
    assert "neither the item owner nor an organization admin" in found[11]["error"]["message"]
    assert (found[12]["ok"]["notSharedWith"], found[13]["ok"]["access"]) == ([], "org")


async def test_groups_of_the_owner(town: Town) -> None:
    """The owner shares with a group, shares again without a request, sees the group, and takes the item out."""
    club, second = town.groups["club"], town.groups["second"]
    one = {"id": town.id("/owner/map.json"), "groupId": club}
    found = good(
        await calls(
            town,
            ("owner", "isItemSharedWithGroup", one),
            ("owner", "shareItemWithGroup", one),
            ("owner", "isItemSharedWithGroup", one),
            ("owner", "shareItemWithGroup", one),
            ("owner", "shareItemWithGroup", {**one, "groupId": second}),
            ("member", "getItem", {"id": one["id"]}),
            ("owner", "getItemGroups", {"id": one["id"]}),
            ("member", "getItemGroups", {"id": one["id"]}),
            ("member", "getGroupContent", {"id": club}),
            ("member", "searchGroupContent", {"q": "type:JSON", "groupId": club}),
            ("owner", "unshareItemWithGroup", one),
            ("owner", "unshareItemWithGroup", one),
            ("owner", "isItemSharedWithGroup", one),
            ("owner", "getItemGroups", {"id": one["id"]}),
        )
    )
    item = one["id"]
    assert [bool(found[at]) for at in (0, 2, 12)] == [False, True, False]
    assert found[1] == found[4] == {"notSharedWith": [], "itemId": item}
    assert found[3] == {"itemId": item, "shortcut": True, "notSharedWith": []}
    assert (found[5]["access"], found[5]["itemControl"]) == ("shared", "view")
    assert [one["id"] for one in found[6]["admin"]] == [club, second]
    assert ([one["id"] for one in found[7]["member"]], found[7]["admin"]) == ([club], [])
    assert [one["id"] for one in found[8]["items"]] == [one["id"] for one in found[9]["results"]] == [item]
    assert found[10] == {"notUnsharedFrom": [], "itemId": item}
    assert found[11] == {"itemId": item, "shortcut": True, "notUnsharedFrom": []}
    assert [one["id"] for one in found[13]["admin"]] == [second]


async def test_groups_that_refuse(town: Town) -> None:
    """A group that does not take an item makes the client throw, as does one without confirmation."""
    item = town.id("/owner/map.json")
    found = await calls(
        town,
        *(
            ("owner", "shareItemWithGroup", {"id": item, "groupId": town.groups[title]})
            for title in ("showcase", "foreign", "workshop")
        ),
        ("owner", "shareItemWithGroup", {"id": item, "groupId": town.groups["workshop"], "confirmItemControl": True}),
        ("member", "getItem", {"id": item}),
        ("member", "updateItem", {"owner": "owner", "item": {"id": item, "title": "By member"}}),
        ("member", "removeItem", {"id": item, "owner": "owner"}),
    )
    assert all("could not be shared to group" in one["error"]["message"] for one in found[:3]), found
    assert found[3]["ok"]["notSharedWith"] == []
    assert found[4]["ok"]["itemControl"] == "update"
    assert found[5]["ok"] == {"success": True, "id": item}
    assert found[6]["error"]["code"] == "GWM_0003"


async def test_on_behalf(town: Town) -> None:
    """An administrator shares somebody's item: joins the group for it, and is out of it again afterwards."""
    item, theirs, club = town.id("/owner/map.json"), town.groups["theirs"], town.groups["club"]
    found = await calls(
        town,
        ("admin", "setItemAccess", {"id": item, "access": "org", "owner": "owner"}),
        ("admin", "shareItemWithGroup", {"id": item, "groupId": theirs, "owner": "owner"}),
        ("admin", "getGroupUsers", {"id": theirs}),
        ("admin", "shareItemWithGroup", {"id": item, "groupId": club, "owner": "owner"}),
        ("member", "getItemGroups", {"id": item}),
        ("admin", "unshareItemWithGroup", {"id": item, "groupId": theirs, "owner": "owner"}),
        ("admin", "isItemSharedWithGroup", {"id": item, "groupId": theirs}),
    )
    ok = good(found)
    assert ok[1]["notSharedWith"] == ok[3]["notSharedWith"] == []
    assert ok[2]["users"] == []
    assert "admin" not in ok[2]["admins"]
    assert {one["id"] for one in ok[4]["admin"]} == {theirs}
    assert (ok[5], bool(ok[6])) == ({"notUnsharedFrom": [], "itemId": item}, False)


async def test_on_behalf_into_an_update_group(town: Town) -> None:
    """For an update group the owner is promoted while the administrator shares, and as before afterwards."""
    item = town.id("/stranger/own.txt")
    workshop = town.groups["workshop"]
    found = await calls(
        town,
        (
            "admin",
            "shareItemWithGroup",
            {"id": item, "groupId": workshop, "owner": "stranger", "confirmItemControl": True},
        ),
        ("admin", "getGroupUsers", {"id": workshop}),
        ("member", "getItem", {"id": item}),
        (
            "member",
            "shareItemWithGroup",
            {"id": item, "groupId": workshop, "owner": "stranger", "confirmItemControl": True},
        ),
    )
    assert found[0]["ok"]["notSharedWith"] == [], found
    assert "admin" not in found[1]["ok"]["users"]
    assert found[2]["ok"]["itemControl"] == "update"
    assert found[3]["ok"]["shortcut"] is True


async def test_members_and_what_is_not_theirs(town: Town) -> None:
    """A member puts a colleague's item of the organisation into his group and takes it out; others may not."""
    item, theirs = town.id("/owner/map.json"), town.groups["theirs"]
    one = {"id": item, "groupId": theirs, "owner": "owner"}
    found = await calls(
        town,
        ("owner", "setItemAccess", {"id": item, "access": "org"}),
        ("stranger", "shareItemWithGroup", one),
        ("member", "shareItemWithGroup", one),
        ("member", "getItemGroups", {"id": item}),
        ("stranger", "unshareItemWithGroup", one),
        ("member", "unshareItemWithGroup", one),
        ("member", "isItemSharedWithGroup", one),
    )
    assert "not a member of the specified group" in found[1]["error"]["message"]
    assert found[2]["ok"]["notSharedWith"] == []
    assert [one["id"] for one in found[3]["ok"]["admin"]] == [theirs]
    assert "error" in found[4]
    assert (found[5]["ok"]["notUnsharedFrom"], bool(found[6]["ok"])) == ([], False)


async def test_what_the_client_refuses_itself(town: Town) -> None:
    """An owner who is a plain member is promoted for an update group, the administrator leaves it again.

    Refused without being asked are: an owner in another organisation, an update group by a member, an unseen group.
    """
    own, far, item = (town.id(path) for path in ("/member/of member.txt", "/external/far.txt", "/owner/map.json"))
    workshop, foreign = town.groups["workshop"], town.groups["foreign"]
    confirmed = {"groupId": workshop, "confirmItemControl": True}
    found = await calls(
        town,
        ("admin", "shareItemWithGroup", {**confirmed, "id": own, "owner": "member"}),
        ("admin", "getGroupUsers", {"id": workshop}),
        ("external", "setItemAccess", {"id": far, "access": "public"}),
        ("admin", "shareItemWithGroup", {**confirmed, "id": far, "owner": "external"}),
        ("owner", "setItemAccess", {"id": item, "access": "org"}),
        ("member", "shareItemWithGroup", {**confirmed, "id": item, "owner": "owner"}),
        ("member", "shareItemWithGroup", {"id": item, "owner": "owner", "groupId": foreign}),
        ("member", "unshareItemWithGroup", {"id": own, "groupId": workshop}),
        ("stranger", "getGroup", {"id": foreign}),
    )
    assert found[0]["ok"]["notSharedWith"] == [], found
    users = found[1]["ok"]
    assert "member" in users["admins"]
    assert "admin" not in users["users"] + users["admins"]
    assert "not a member of the same org" in found[3]["error"]["message"]
    assert "shared editing group" in found[5]["error"]["message"]
    assert "not a member of the specified group" in found[6]["error"]["message"]
    assert found[7]["ok"]["notUnsharedFrom"] == []
    assert found[8]["error"]["code"] == "COM_0003"


async def test_items_and_folders(town: Town) -> None:
    """The client's own requests around sharing: items, data, folders, moves, protection, status, parts, giving away."""
    found = await calls(
        town,
        ("owner", "createFolder", {"title": "Maps"}),
        ("owner", "createItemInFolder", {"folderId": "$0.folder.id", "item": MAP}),
        ("owner", "updateItem", {"item": {"id": "$1.id", "snippet": "Short", "extent": [[1, 2], [3, 4]]}}),
        ("owner", "addItemData", {"id": "$1.id", "text": {"layers": []}}),
        ("owner", "getItemData", {"id": "$1.id"}),
        ("owner", "getUserContent", {"folderId": "$0.folder.id"}),
        ("owner", "moveItem", {"itemId": "$1.id", "folderId": "/"}),
        ("owner", "getItem", {"id": "$1.id"}),
        ("owner", "protectItem", {"id": "$1.id"}),
        ("owner", "removeItem", {"id": "$1.id"}),
        ("owner", "unprotectItem", {"id": "$1.id"}),
        ("owner", "getItemStatus", {"id": "$1.id"}),
        ("owner", "getRelatedItems", {"id": "$1.id", "relationshipType": "Map2Service"}),
        ("owner", "getItemResources", {"id": "$1.id"}),
        ("admin", "reassignItem", {"id": "$1.id", "currentOwner": "owner", "targetUsername": "member"}),
        ("member", "removeItem", {"id": "$1.id"}),
        ("owner", "removeFolder", {"folderId": "$0.folder.id"}),
        (
            "owner",
            "createItem",
            {"item": {"title": "Big", "type": "Scene Package"}, "multipart": True, "filename": "big.spk"},
        ),
        ("owner", "addItemPart", {"id": "$17.id", "file": {"$file": "one", "name": "1"}, "partNum": 1}),
        ("owner", "addItemPart", {"id": "$17.id", "file": {"$file": "two", "name": "2"}, "partNum": 2}),
        ("owner", "getItemParts", {"id": "$17.id"}),
        ("owner", "commitItemUpload", {"id": "$17.id", "item": {"title": "Bigger", "type": "Scene Package"}}),
        ("owner", "cancelItemUpload", {"id": "$17.id"}),
        ("owner", "getItemData", {"id": "$17.id", "file": True}),
        ("owner", "createItem", {"item": {"title": "Table", "type": "CSV"}, "file": {"$file": "a,b", "name": "t.csv"}}),
        ("owner", "getItem", {"id": "$24.id"}),
    )
    failed = [at for at, one in enumerate(found) if "error" in one]
    assert failed == [9], [found[at] for at in failed]
    assert "Delete protection is turned on" in found[9]["error"]["message"]
    ok: list[Any] = [one.get("ok") for one in found]
    assert (ok[4], ok[5]["items"][0]["id"]) == ({"layers": []}, ok[1]["id"])
    assert (ok[7]["snippet"], ok[7]["extent"], ok[7]["ownerFolder"]) == ("Short", [[1, 2], [3, 4]], None)
    assert ok[11]["status"] == "completed"
    assert ok[20] == {"parts": [1, 2]}
    assert (ok[25]["name"], ok[25]["size"], ok[25]["type"]) == ("t.csv", 3, "CSV")


async def test_pages_of_a_search(town: Town) -> None:
    """The client turns the pages of a search until there is none, and meets everything once."""
    for number in range(5):
        await town.file(f"/owner/page {number}.txt")
    search = {"q": "page", "num": 2, "sortField": "title"}
    found = await calls(
        town, ("owner", "searchItems", search), *(("owner", "searchItems", {"next": True}) for _ in range(2))
    )
    ok = good(found)
    assert [one["title"] for page in ok for one in page["results"]] == [f"page {number}.txt" for number in range(5)]
    assert [page["nextStart"] for page in ok] == [3, 5, -1]
    assert [page["total"] for page in ok] == [5, 5, 5]
