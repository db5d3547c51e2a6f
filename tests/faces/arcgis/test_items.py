"""Items: added, shown, changed, moved, protected, given away, thrown away; folders; what other faces made."""

from typing import Any

import pytest
from tests.faces.arcgis.cases_of import UNKNOWN
from tests.faces.arcgis.town import Client, Reply, Town

from commonhold.core.identity import Path

pytestmark = pytest.mark.slow

OWNED = "/content/users/owner"


async def added(client: Client, user: str = "owner", **asked: str) -> str:
    """Add an item, and return its id."""
    found = await client.post(f"/content/users/{user}/addItem", **{"title": "Roads", "type": "Web Map", **asked})
    assert found["success"] is True
    item: str = found["id"]
    return item


async def sent(client: Client, path: str, file: tuple[str, bytes, str], **asked: str) -> Reply:
    """Send a form with a file."""
    return await client("POST", path, data={"f": "json", **asked}, files={"file": file})


async def test_an_item_of_text(town: Town) -> None:
    """A text that is added is the item's data; what is said of it is shown."""
    said = {
        "text": '{"layers": [1]}',
        "tags": "water, ice ,",
        "snippet": "Short",
        "description": "Long",
        "typeKeywords": "Map,Online Map",
        "extent": "1,2,3,4",
        "accessInformation": "Us",
        "licenseInfo": "Free",
        "culture": "en-us",
        "access": "public",
        "async": "false",
        "spatialReference": "",
        "properties": '{"a": 1}',
    }
    item = await added(town.owner, **said)
    shown = await town.owner.get(f"/content/items/{item}")
    expected = {
        "id": item,
        "owner": "owner",
        "title": "Roads",
        "type": "Web Map",
        "tags": ["water", "ice"],
        "snippet": "Short",
        "description": "Long",
        "typeKeywords": ["Map", "Online Map"],
        "extent": [[1.0, 2.0], [3.0, 4.0]],
        "accessInformation": "Us",
        "licenseInfo": "Free",
        "culture": "en-us",
        "access": "private",
        "ownerFolder": None,
        "itemControl": "admin",
        "protected": False,
        "spatialReference": None,
        "properties": {"a": 1},
        "url": None,
    }
    assert {name: shown[name] for name in expected} == expected
    data = await town.owner("GET", f"/content/items/{item}/data")
    assert (data.text, data.headers["content-type"].partition(";")[0]) == ('{"layers": [1]}', "application/json")
    status = await town.owner.get(f"{OWNED}/items/{item}/status")
    assert (status["status"], status["itemId"], status["id"]) == ("completed", item, item)


async def test_a_file(town: Town) -> None:
    """A file is added with its name; the same name again is refused, and again with overwrite is its next content."""
    asked = {"title": "Table", "type": "CSV"}
    first = await sent(town.owner, f"{OWNED}/addItem", ("a.csv", b"a,b", "text/csv"), **asked)
    item = first.json["id"]
    again = await sent(town.owner, f"{OWNED}/addItem", ("a.csv", b"c,d", "text/csv"), **asked)
    assert (again.error["code"], again.error["message"]) == (409, "Item 'a.csv' already exists.")
    over = await sent(town.owner, f"{OWNED}/addItem", ("a.csv", b"c,d", "text/csv"), overwrite="true", **asked)
    assert over.json["id"] == item
    data = await town.owner("GET", f"/content/items/{item}/data", headers={"range": "bytes=0-0"})
    assert (data.status, data.body) == (206, b"c")
    shown = await town.owner.get(f"/content/items/{item}")
    assert (shown["name"], shown["size"], shown["type"]) == ("a.csv", 3, "CSV")


async def test_things_with_an_address(hamlet: Town) -> None:
    """Something with an address alone is an app or a thing kept elsewhere; text can be kept with it."""
    app = await added(hamlet.owner, type="Web Mapping Application", url="https://app.example/x")
    service = await added(hamlet.owner, type="Feature Service", url="https://gis.example/FeatureServer")
    for item, url in ((app, "https://app.example/x"), (service, "https://gis.example/FeatureServer")):
        assert (await hamlet.owner.get(f"/content/items/{item}"))["url"] == url
        assert (await hamlet.owner("GET", f"/content/items/{item}/data")).body == b""
    await hamlet.owner.post(f"{OWNED}/items/{app}/update", text='{"a": 1}', url="https://app.example/y")
    assert (await hamlet.owner("GET", f"/content/items/{app}/data")).json == {"a": 1}
    assert (await hamlet.owner.get(f"/content/items/{app}"))["url"] == "https://app.example/y"
    assert await hamlet.owner.refused(f"{OWNED}/addItem", title="x", type="Web Mapping Application", url="javascript:x")


@pytest.mark.parametrize("asked", [{}, {"title": "x"}, {"type": "File"}, {"title": " ", "type": " "}])
async def test_title_and_type_are_needed(hamlet: Town, asked: dict[str, str]) -> None:
    """An item without title or type is refused in the words that clients know."""
    reply = await hamlet.owner("POST", f"{OWNED}/addItem", data={"f": "json", **asked})
    assert (reply.error["code"], reply.error["message"]) == (400, "'type' and 'title' property required.")


async def test_who_adds(hamlet: Town) -> None:
    """One adds to one's own, administrators to anybody's; a viewer adds nothing, nobody needs a token."""
    asked = {"title": "x", "type": "Web Map"}
    assert await hamlet.member.refused(f"{OWNED}/addItem", **asked) == (403, "GWM_0003")
    assert await hamlet.viewer.refused("/content/users/viewer/addItem", **asked) == (403, "GWM_0003")
    assert await hamlet.nobody.refused(f"{OWNED}/addItem", **asked) == (499, "GWM_0003")
    assert await hamlet.owner.refused("/content/users/zed/addItem", **asked) == (400, "COM_0018")
    item = await added(hamlet.admin)
    assert (await hamlet.owner.get(f"/content/items/{item}"))["owner"] == "owner"


async def test_changing(town: Town) -> None:
    """What is sent is changed and the rest stays; an empty text takes something away only if that is asked for."""
    item = await added(town.owner, tags="a,b", snippet="Short", text="{}")
    path = f"{OWNED}/items/{item}/update"
    assert await town.owner.post(path, title="Rivers", tags="c", text='{"b": 2}', snippet="") == {
        "success": True,
        "id": item,
    }
    shown = await town.owner.get(f"/content/items/{item}")
    assert (shown["title"], shown["tags"], shown["snippet"]) == ("Rivers", ["c"], "Short")
    assert (await town.owner("GET", f"/content/items/{item}/data")).json == {"b": 2}
    await town.owner.post(path, snippet="", tags="", clearEmptyFields="true")
    shown = await town.owner.get(f"/content/items/{item}")
    assert (shown["title"], shown["tags"], shown["snippet"], shown["type"]) == ("Rivers", [], None, "Web Map")
    assert await town.member.refused(path, title="x") == (403, "GWM_0003")


async def test_folders(town: Town) -> None:
    """Folders are made, filled, listed, emptied by moving, and thrown away with what is in them."""
    made = (await town.owner.post(f"{OWNED}/createFolder", title="Maps"))["folder"]
    assert (made["username"], made["title"]) == ("owner", "Maps")
    assert (await town.owner("POST", f"{OWNED}/createFolder", data={"title": "Maps"})).error["code"] == 400
    inside = (await town.owner.post(f"{OWNED}/{made['id']}/addItem", title="In", type="Web Map"))["id"]
    listed = await town.owner.get(f"{OWNED}/{made['id']}")
    assert (listed["total"], [one["id"] for one in listed["items"]]) == (1, [inside])
    assert (listed["currentFolder"]["id"], listed["items"][0]["ownerFolder"]) == (made["id"], made["id"])
    top = await town.owner.get(OWNED)
    assert {one["title"] for one in top["folders"]} == {"docs", "Maps"}
    assert {one["title"] for one in top["items"]} == {"map.json", "b.txt"}
    moved = await town.owner.post(f"{OWNED}/{made['id']}/items/{inside}/move", folder="/")
    assert moved == {"success": True, "itemId": inside, "owner": "owner", "folder": "/"}
    assert (await town.owner.get(OWNED))["total"] == 3
    assert await town.owner.refused(f"{OWNED}/{made['id']}/items/{inside}/move", folder="/") == (400, "CONT_0005")
    assert await town.owner.refused(f"{OWNED}/items/{inside}/move", folder=UNKNOWN) == (400, "CONT_0011")
    await town.owner.post(f"{OWNED}/items/{inside}/move", folder=made["id"])
    await town.owner.post(f"{OWNED}/items/{inside}/protect")
    assert await town.owner.refused(f"{OWNED}/{made['id']}/delete") == (400, "CONT_0048")
    await town.owner.post(f"{OWNED}/items/{inside}/unprotect")
    assert (await town.owner.post(f"{OWNED}/{made['id']}/delete"))["folder"]["id"] == made["id"]
    assert await town.owner.refused(f"/content/items/{inside}") == (400, "CONT_0001")
    assert await town.owner.refused(f"{OWNED}/{made['id']}") == (400, "CONT_0011")
    assert await town.member.refused(OWNED) == (403, "GWM_0003")


async def test_deleting(town: Town) -> None:
    """An item is thrown away by its owner or an administrator, unless it is protected."""
    item = town.id("/owner/map.json")
    path = f"{OWNED}/items/{item}"
    await town.owner.post(f"{path}/protect")
    for verb in ("delete", "canDelete"):
        refused = await town.owner("POST", f"{path}/{verb}")
        assert refused.error["message"] == f"Unable to delete item {item}. Delete protection is turned on."
    await town.admin.post(f"{path}/unprotect")
    assert await town.owner.post(f"{path}/canDelete") == {"itemId": item, "success": True}
    assert await town.admin.post(f"{path}/delete") == {"success": True, "itemId": item}
    assert await town.owner.refused(f"/content/items/{item}") == (400, "CONT_0001")


async def test_giving_away(town: Town) -> None:
    """An administrator gives an item to somebody else; its groups stay, and it stands for its new owner."""
    item = town.id("/owner/map.json")
    await town.owner.post(f"{OWNED}/items/{item}/share", groups=town.groups["club"])
    assert await town.owner.refused(f"{OWNED}/items/{item}/reassign", targetUsername="member") == (403, "GWM_0003")
    await town.admin.post(f"{OWNED}/items/{item}/reassign", targetUsername="member")
    found = await town.member.get(f"/content/users/member/items/{item}")
    assert (found["item"]["owner"], found["sharing"]["groups"]) == ("member", [town.groups["club"]])
    assert (await town.owner.get(f"/content/items/{item}"))["itemControl"] == "view"


async def test_by_part(town: Town) -> None:
    """A large file comes in parts, in any order; one that is sent again counts; the commit joins them."""
    item = await added(town.owner, title="Large", type="Scene Package", multipart="true", fileName="big.spk")
    path = f"{OWNED}/items/{item}"
    for number, part in ((2, b"two"), (1, b"ONE"), (10, b"ten"), (1, b"one")):
        reply = await sent(town.owner, f"{path}/addPart?partNum={number}", ("blob", part, "application/octet-stream"))
        assert reply.json["success"] is True, reply
    assert await town.owner.get(f"{path}/parts") == {"parts": [1, 2, 10]}
    assert (await town.owner("GET", f"/content/items/{item}/data")).body == b""
    await town.owner.post(f"{path}/commit", title="Larger", type="Scene Package")
    assert (await town.owner("GET", f"/content/items/{item}/data")).body == b"onetwoten"
    shown = await town.owner.get(f"/content/items/{item}")
    assert (shown["title"], shown["name"], shown["size"]) == ("Larger", "big.spk", 9)
    assert await town.owner.get(f"{path}/parts") == {"parts": []}
    await sent(town.owner, f"{path}/addPart?partNum=1", ("blob", b"x", "application/octet-stream"))
    await town.owner.post(f"{path}/cancel")
    await town.owner.post(f"{path}/commit")
    assert (await town.owner("GET", f"/content/items/{item}/data")).body == b"onetwoten"
    assert (await sent(town.owner, f"{path}/addPart?partNum=0", ("blob", b"x", "a/b"))).error["code"] == 400
    assert (await sent(town.member, f"{path}/addPart?partNum=1", ("blob", b"x", "a/b"))).code == (403, "GWM_0003")


async def test_groups_of_an_item(town: Town) -> None:
    """Groups are sorted by what the caller is in them; others see only those that they may; its owner sees all."""
    item = town.id("/owner/map.json")
    share = {"groups": ",".join(town.groups[title] for title in ("club", "open")), "everyone": "true"}
    await town.owner.post(f"{OWNED}/items/{item}/share", **share)
    await town.stranger.post(f"/content/items/{item}/share", groups=town.groups["secret"])

    async def groups(client: Client) -> dict[str, list[str]]:
        found: dict[str, list[dict[str, Any]]] = await client.post(f"/content/items/{item}/groups")
        names = {one: title for title, one in town.groups.items()}
        return {place: sorted(names[one["id"]] for one in some) for place, some in found.items()}

    assert await groups(town.owner) == {"admin": ["club", "open"], "member": [], "other": ["secret"]}
    assert await groups(town.member) == {"admin": [], "member": ["club"], "other": ["open"]}
    assert await groups(town.stranger) == {"admin": ["secret"], "member": [], "other": ["club", "open"]}
    assert await groups(town.external) == {"admin": [], "member": ["open"], "other": []}
    assert await groups(town.nobody) == {"admin": [], "member": [], "other": ["open"]}
    found = await town.nobody.get("/content/itemsgroups", items=f"{item},{UNKNOWN},x")
    assert found == {"results": [{"itemId": item, "groups": [town.groups["open"]]}]}


async def test_what_a_group_contains(town: Town) -> None:
    """A group shows its members what is in it, and forgets what was taken out."""
    item, club = town.id("/owner/map.json"), town.groups["club"]
    await town.owner.post(f"{OWNED}/items/{item}/share", groups=club)
    for client in (town.owner, town.member):
        found = await client.get(f"/content/groups/{club}")
        assert (found["total"], [one["id"] for one in found["items"]]) == (1, [item])
    assert (await town.member.get(f"/content/groups/{club}/search", q="type:json"))["results"][0]["id"] == item
    assert (await town.member.get(f"/content/groups/{club}/search", q="type:pdf"))["total"] == 0
    assert (await town.stranger.get(f"/content/groups/{club}"))["total"] == 0
    assert await town.external.refused(f"/content/groups/{club}", "GET") == (400, "COM_0003")
    await town.owner.post(f"{OWNED}/items/{item}/unshare", groups=club)
    assert (await town.member.get(f"/content/groups/{club}"))["total"] == 0


async def test_the_top_of_an_owner(hamlet: Town) -> None:
    """A name that can be no user's, and hostile ids, are refused in an envelope."""
    for path in ("/content/users/..%2f", "/content/users/%00", "/content/items/%2e%2e", "/content/groups/x"):
        reply = await hamlet.owner("GET", path, params={"f": "json"})
        assert reply.error, reply
    assert Path(("owner",)).names == ("owner",)
