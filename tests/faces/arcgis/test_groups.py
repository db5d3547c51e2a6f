"""Groups: made, found, shown, changed, and who is in them."""

from typing import Any

import pytest
from tests.faces.arcgis.town import Town

from commonhold.core.directory.allowances import set_allowance
from commonhold.core.model import Allowance
from commonhold.core.roles import Kind

pytestmark = pytest.mark.slow


def path(town: Town, title: str, more: str = "") -> str:
    """Name a group's route."""
    return f"/community/groups/{town.groups[title]}{more}"


async def test_a_group_is_made(town: Town) -> None:
    """Whoever makes a group owns it; what was said of it is told again, in the types that clients expect."""
    asked = {
        "title": "Rivers",
        "tags": "a, b",
        "snippet": "s",
        "access": "org",
        "isinvitationOnly": "True",
        "isViewOnly": "true",
        "sortField": "title",
        "displaySettings": '{"itemTypes": "web"}',
        "nonsense": "ignored",
        "leavingDisallowed": "true",
        "hiddenMembers": "true",
        "membershipAccess": "org",
        "isOpenData": "true",
    }
    made = await town.member.post("/community/createGroup", **asked)
    assert made["success"]
    found = await town.member.post(f"/community/groups/{made['group']['id']}")
    assert found == made["group"]
    expected = {
        "title": "Rivers",
        "tags": ["a", "b"],
        "snippet": "s",
        "access": "org",
        "isInvitationOnly": True,
        "isViewOnly": True,
        "sortField": "title",
        "displaySettings": {"itemTypes": "web"},
        "owner": "member",
        "capabilities": [],
        "leavingDisallowed": True,
        "hiddenMembers": True,
        "membershipAccess": "org",
        "isOpenData": True,
        "userMembership": {"username": "member", "memberType": "owner", "applications": 0},
    }
    assert {name: found[name] for name in expected} == expected


async def test_titles_may_repeat(town: Town) -> None:
    """Another group of the same title can be made; their ids tell them apart."""
    first, second = [(await town.owner.post("/community/createGroup", title="Same"))["group"]["id"] for _ in "12"]
    assert first != second
    assert (await town.owner.get(f"/community/groups/{second}"))["title"] == "Same"


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        ("owner", {}, (400, "COM_0014")),
        ("owner", {"title": " "}, (400, "COM_0014")),
        ("owner", {"title": "x", "access": "shared"}, (400, "COM_0015")),
        ("owner", {"title": "x", "capabilities": "updateitemcontrol"}, (403, "GWM_0003")),
        ("viewer", {"title": "x"}, (403, "GWM_0003")),
        ("nobody", {"title": "x"}, (499, "GWM_0003")),
        ("owner", {"title": "x" * 300}, (400, None)),
        ("owner", {"title": "x\u202e"}, (400, None)),
    ],
)
async def test_groups_that_are_not_made(hamlet: Town, who: str, asked: dict[str, str], code: Any) -> None:
    """A group needs a title, an access that is one, and whoever makes it the privileges for it."""
    assert await hamlet.clients[who].refused("/community/createGroup", **asked) == code


async def test_groups_for_everybody_need_a_privilege(hamlet: Town) -> None:
    """Whoever may not share with everyone cannot make or open a group to everyone."""
    await set_allowance(
        hamlet.core, hamlet.actor("root"), hamlet.numbers["owner"], Allowance(0, kinds=Kind.GROUP | Kind.ORG)
    )
    asked = {"title": "x", "access": "public"}
    assert await hamlet.owner.refused("/community/createGroup", **asked) == (403, "GWM_0003")
    assert await hamlet.owner.refused(path(hamlet, "club", "/update"), access="public") == (403, "GWM_0003")
    assert (await hamlet.owner.post(path(hamlet, "club", "/update"), access="org"))["success"]


async def test_updating_groups_are_made_by_administrators(town: Town) -> None:
    """The capability to update is fixed when the group is made."""
    asked = {"title": "Editors", "capabilities": "updateitemcontrol"}
    made = (await town.admin.post("/community/createGroup", **asked))["group"]
    assert made["capabilities"] == ["updateitemcontrol"]
    await town.admin.post(f"/community/groups/{made['id']}/update", capabilities="")
    assert (await town.admin.get(f"/community/groups/{made['id']}"))["capabilities"] == ["updateitemcontrol"]


@pytest.mark.parametrize(
    ("title", "seen"),
    [
        ("club", {"owner", "member", "stranger", "viewer", "admin", "root"}),
        ("foreign", {"external", "root"}),
        ("open", {"owner", "member", "stranger", "viewer", "admin", "root", "external", "nobody"}),
        ("secret", {"stranger", "admin", "root"}),
    ],
)
async def test_who_sees_a_group(town: Town, title: str, seen: set[str]) -> None:
    """Private groups are seen by members and administrators, those of an organisation there, public ones by all."""
    for who, client in town.clients.items():
        code = await client.refused(path(town, title))
        assert code == (None if who in seen else (400, "COM_0003")), who
        found = {row["title"] for row in (await client.get("/community/groups", q=f"title:{title}"))["results"]}
        assert found == ({title} if who in seen else set()), who


@pytest.mark.parametrize("group", ["0" * 32, "x", "club", "0" * 31 + "G"])
async def test_groups_that_are_none(hamlet: Town, group: str) -> None:
    """A group that is none is refused in the words that the Python client takes for None."""
    reply = await hamlet.owner("GET", f"/community/groups/{group}")
    assert (reply.code, reply.error["message"]) == (
        (400, "COM_0003"),
        "Group does not exist or is inaccessible.",
    )


async def test_a_title_is_no_id(hamlet: Town) -> None:
    """A group whose title is written like another one's id is not found by it."""
    uid = "00000000-0000-4000-8000-000000000000"
    await hamlet.owner.post("/community/createGroup", title=uid)
    assert await hamlet.owner.refused(f"/community/groups/{uid.replace('-', '')}") == (400, "COM_0003")


async def test_finding_groups(town: Town) -> None:
    """Groups are found by the grammar, sorted, and in pages whose ``num`` is what was asked for."""
    org = (await town.owner.get("/portals/self"))["id"]
    found = await town.owner.post("/community/groups", q=f"owner:owner  accountid:{org}", sortField="title")
    assert [row["title"] for row in found["results"]] == ["club", "open", "second", "workshop"]
    again = {"q": "owner:owner", "sortField": "title", "sortOrder": "desc", "num": "3"}
    assert [row["title"] for row in (await town.owner.post("/community/groups", **again))["results"]] == [
        "workshop",
        "second",
        "open",
    ]
    last = await town.owner.post("/community/groups", **again, start="4")
    assert (last["num"], last["nextStart"], [row["title"] for row in last["results"]]) == (3, -1, ["club"])
    for start in ("0", "-1", "99"):
        assert (await town.owner.post("/community/groups", **again, start=start))["results"] == []
    by_id = await town.owner.post("/community/groups", q=f"id:{town.groups['club']}")
    assert by_id["total"] == 1
    assert (await town.owner.post("/community/groups", q="capabilities:updateitemcontrol"))["total"] == 1


async def test_a_group_is_changed(town: Town) -> None:
    """Its owner changes a group, what is not named stays, and an empty text takes one away."""
    asked = {"title": "Club 2", "snippet": "s", "access": "private", "isInvitationOnly": "false", "autoJoin": "true"}
    assert await town.owner.post(path(town, "club", "/update"), **asked) == {
        "success": True,
        "groupId": town.groups["club"],
    }
    await town.admin.post(path(town, "club", "/update"), tags="t", snippet="")
    found = await town.owner.get(path(town, "club"))
    shown = {name: found[name] for name in ("title", "snippet", "access", "isInvitationOnly", "autoJoin", "tags")}
    assert shown == {
        "title": "Club 2",
        "snippet": None,
        "access": "private",
        "isInvitationOnly": False,
        "autoJoin": True,
        "tags": ["t"],
    }
    assert await town.member.refused(path(town, "club", "/update"), title="x") == (403, "GWM_0003")
    assert await town.external.refused(path(town, "club", "/update"), title="x") == (400, "COM_0003")


async def test_a_group_is_deleted_unless_it_is_protected(town: Town) -> None:
    """A protected group is not deleted; a deleted one is gone for everybody."""
    await town.owner.post(path(town, "club", "/protect"))
    assert await town.owner.refused(path(town, "club", "/delete")) == (400, "COM_0045")
    await town.owner.post(path(town, "club", "/unprotect"))
    assert await town.member.refused(path(town, "club", "/delete")) == (403, "GWM_0003")
    assert (await town.owner.post(path(town, "club", "/delete")))["success"]
    assert await town.member.refused(path(town, "club")) == (400, "COM_0003")


async def test_members_come_and_go(town: Town) -> None:
    """Members are added, raised, lowered and removed; who cannot be is named, and the owner stays what he is."""
    added = await town.owner.post(path(town, "club", "/addUsers"), users="stranger,zed, member ,owner", admins="viewer")
    assert added == {"notAdded": ["zed"]}
    listed = await town.member.get(path(town, "club", "/users"))
    assert listed == {"owner": "owner", "admins": ["owner", "viewer"], "users": ["member", "stranger"]}
    changed = await town.owner.post(path(town, "club", "/updateUsers"), users="viewer,owner,external", admins="member")
    assert changed == {
        "results": [
            {"username": "viewer", "success": True},
            {"username": "owner", "success": False},
            {"username": "external", "success": False},
            {"username": "member", "success": True},
        ]
    }
    assert (await town.member.get(path(town, "club")))["userMembership"]["memberType"] == "admin"
    removed = await town.member.post(path(town, "club", "/removeUsers"), users="stranger,owner,zed")
    assert removed == {"notRemoved": ["owner", "zed"]}
    paged = await town.owner.get(path(town, "club", "/userlist"), num="1", name="e")
    assert (paged["total"], paged["owner"]["username"], len(paged["users"])) == (2, "owner", 1)


@pytest.mark.parametrize("operation", ["addUsers", "removeUsers", "updateUsers"])
async def test_members_do_not_decide_who_is_in(hamlet: Town, operation: str) -> None:
    """Only the owner, managers and administrators decide who is in a group."""
    where = path(hamlet, "club", f"/{operation}")
    assert await hamlet.member.refused(where, users="stranger") == (403, "GWM_0003")
    assert await hamlet.external.refused(where, users="external") == (400, "COM_0003")
    assert await hamlet.nobody.refused(where, users="stranger") == (499, "GWM_0003")
    assert await hamlet.admin.refused(where, users="stranger") is None


async def test_a_group_for_its_organisation_alone(town: Town) -> None:
    """Where membership is for the organisation, others are not added."""
    await town.owner.post(path(town, "club", "/update"), membershipAccess="org")
    assert await town.owner.post(path(town, "club", "/addUsers"), users="external") == {"notAdded": ["external"]}
    await town.owner.post(path(town, "club", "/update"), membershipAccess="none")
    assert await town.owner.post(path(town, "club", "/addUsers"), users="external") == {"notAdded": []}


async def test_hidden_members(town: Town) -> None:
    """Where members are hidden, only owner, managers and administrators list them."""
    await town.owner.post(path(town, "club", "/update"), hiddenMembers="true")
    assert await town.member.refused(path(town, "club", "/users")) == (403, "GWM_0003")
    assert "member" in (await town.owner.get(path(town, "club", "/users")))["users"]
    assert (await town.admin.get(path(town, "club", "/userlist")))["total"] == 1


async def test_joining_and_leaving(town: Town) -> None:
    """One joins where that is free, is refused where one must be invited, and leaves unless that is disallowed."""
    assert await town.stranger.refused(path(town, "club", "/join")) == (403, "GWM_0003")
    await town.owner.post(path(town, "club", "/update"), isInvitationOnly="false", autoJoin="true")
    done = {"success": True, "groupId": town.groups["club"]}
    assert await town.stranger.post(path(town, "club", "/join")) == done
    assert (await town.stranger.get(path(town, "club")))["userMembership"]["memberType"] == "member"
    await town.owner.post(path(town, "club", "/update"), leavingDisallowed="true")
    assert await town.stranger.refused(path(town, "club", "/leave")) == (403, "GWM_0003")
    await town.owner.post(path(town, "club", "/update"), leavingDisallowed="false")
    assert await town.stranger.post(path(town, "club", "/leave")) == done
    assert (await town.stranger.get(path(town, "club")))["userMembership"]["memberType"] == "none"
    assert await town.owner.refused(path(town, "club", "/leave")) == (403, "GWM_0003")


async def test_another_owner(town: Town) -> None:
    """A group is given to somebody else; the one before stays as a manager."""
    assert (await town.owner.post(path(town, "club", "/reassign"), targetUsername="member"))["success"]
    listed = await town.owner.get(path(town, "club", "/users"))
    assert listed == {"owner": "member", "admins": ["member", "owner"], "users": []}
    assert await town.stranger.refused(path(town, "club", "/reassign"), targetUsername="stranger") == (403, "GWM_0003")
    assert await town.member.refused(path(town, "club", "/reassign"), targetUsername="zed") == (400, "COM_0018")
    assert await town.member.refused(path(town, "club", "/reassign")) == (400, None)


async def test_invitations(town: Town) -> None:
    """Managers invite; the invited one lists it, and accepts or declines; nobody does it for him."""
    asked = {"users": "stranger,zed", "role": "group_member", "expiration": "1440"}
    sent = await town.owner.post(path(town, "club", "/invite"), **asked)
    assert (sent["success"], sent["details"]) == (True, [{"username": "zed", "reason": "unknown_user"}])
    mine = "/community/users/stranger/invitations"
    (shown,) = (await town.stranger.get(mine))["userInvitations"]
    one = f"{mine}/{shown['id']}"
    assert (await town.stranger.post(one))["targetId"] == town.groups["club"]
    for who in ("owner", "admin", "external"):
        assert await town.clients[who].refused(mine) == (403, "GWM_0003")
        assert await town.clients[who].refused(f"{one}/accept") == (403, "GWM_0003")
    assert (await town.stranger.post(f"{one}/accept"))["success"]
    assert (await town.stranger.get(path(town, "club")))["userMembership"]["memberType"] == "member"
    assert (await town.stranger.get(mine)) == {"userInvitations": []}
    assert await town.stranger.refused(f"{one}/decline") == (400, "COM_0020")
    await town.owner.post(path(town, "second", "/invite"), users="stranger")
    assert (await town.stranger.post(f"{mine}/{town.groups['second']}/decline"))["success"]
    assert await town.member.refused(path(town, "club", "/invite"), users="viewer") == (403, "GWM_0003")


async def test_applications(town: Town) -> None:
    """Where one asks to be let in, managers see who does, and accept or decline."""
    await town.owner.post(path(town, "club", "/update"), isInvitationOnly="false")
    for who in ("stranger", "viewer"):
        assert (await town.clients[who].post(path(town, "club", "/join")))["success"]
    listed = await town.owner.get(path(town, "club", "/applications"))
    assert [one["username"] for one in listed["applications"]] == ["stranger", "viewer"]
    assert await town.member.refused(path(town, "club", "/applications")) == (403, "GWM_0003")
    assert (await town.owner.get(path(town, "club", "/applications/Viewer")))["username"] == "viewer"
    assert (await town.owner.post(path(town, "club", "/applications/stranger/accept")))["success"]
    assert (await town.owner.post(path(town, "club", "/applications/viewer/decline")))["success"]
    assert await town.owner.refused(path(town, "club", "/applications/viewer/accept")) == (400, "COM_0021")
    assert await town.owner.refused(path(town, "club", "/applications/viewer")) == (400, "COM_0021")
    assert (await town.owner.get(path(town, "club", "/users")))["users"] == ["member", "stranger"]


async def test_paths_as_the_python_client_writes_them(hamlet: Town) -> None:
    """Two slashes in a row are one, and a route has both spellings that clients use."""
    where = f"/sharing/rest//community/groups/{hamlet.groups['club']}"
    assert (await hamlet.owner.post(f"{where}/users"))["owner"] == "owner"
    assert (await hamlet.owner.get(f"{where}/userList", start="1", num="100"))["total"] == 1
