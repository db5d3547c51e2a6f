"""Users and the organisation: what one sees of oneself, of others, and without logging in."""

import pytest
from tests.faces.arcgis.town import Town

from commonhold.core.directory.allowances import set_allowance
from commonhold.core.model import Allowance
from commonhold.core.roles import Kind

WHOLE = {"email", "privileges", "storageUsage", "favGroupId"}


async def test_the_portal_without_logging_in(town: Town) -> None:
    """Everybody may ask what the portal is; a user is told only to whoever is logged in."""
    found = await town.nobody.get("/portals/self")
    assert "user" not in found
    assert {"id", "portalName", "portalMode"} <= found.keys()
    assert found["portalHostname"] == "portal.example"
    assert (await town.nobody.get(f"/portals/{found['id']}"))["id"] == found["id"]
    assert await town.nobody.refused("/portals/x") == (400, "GWM_0007")


async def test_each_organisation_is_its_own_portal(town: Town) -> None:
    """Somebody of another organisation is told of his own."""
    ours, theirs = await town.owner.get("/portals/self"), await town.external.get("/portals/self")
    assert ours["id"] != theirs["id"]
    assert theirs["name"] == "Elsewhere"
    assert theirs["user"]["orgId"] == theirs["id"]
    assert await town.owner.refused(f"/portals/{theirs['id']}") == (400, "GWM_0007")


@pytest.mark.parametrize(
    ("who", "role", "some", "none"),
    [
        ("admin", "org_admin", "portal:admin:shareToPublic", "none"),
        ("root", "org_admin", "portal:admin:viewItems", "none"),
        ("owner", "org_publisher", "portal:publisher:publishFeatures", "portal:admin:viewItems"),
        ("member", "org_user", "portal:user:shareToGroup", "portal:publisher:publishFeatures"),
        ("viewer", "org_user", "portal:user:joinGroup", "portal:user:createItem"),
    ],
)
async def test_roles_and_privileges(hamlet: Town, who: str, role: str, some: str, none: str) -> None:
    """Each role has its word and its privileges; built-in ones have no id, but for the viewer's."""
    found = await hamlet.clients[who].get("/community/self")
    assert found["role"] == role
    assert ("roleId" in found) is (who == "viewer")
    assert some in found["privileges"]
    assert none not in found["privileges"]


async def test_what_an_administrator_took_away_is_no_privilege(town: Town) -> None:
    """Privileges are what somebody may do: limits set in any face show here."""
    limits = Allowance(0, kinds=Kind.USER | Kind.GROUP, make=False)
    await set_allowance(town.core, town.actor("root"), town.numbers["owner"], limits)
    found = (await town.owner.get("/community/self"))["privileges"]
    assert "portal:user:shareToGroup" in found
    assert not {"portal:user:shareToPublic", "portal:user:shareToOrg", "portal:user:createItem"} & set(found)


async def test_nobody_is_not_logged_in(hamlet: Town) -> None:
    """Without a token there is no self, and users are nobody's business."""
    assert await hamlet.nobody.refused("/community/self") == (400, "COM_0019")
    reply = await hamlet.nobody("GET", "/community/users/owner")
    assert reply.code == (499, "GWM_0003")
    assert reply.error["details"] == ["Token Required"]


async def test_others_are_seen_in_part(town: Town) -> None:
    """Oneself and one's administrators see all of a user; others neither address nor privileges nor secret groups."""
    for who in ("owner", "admin"):
        found = await town.clients[who].get("/community/users/owner")
        assert found.keys() >= WHOLE
    found = await town.external.post("/community/users/OWNER")
    assert (found["username"], found["fullName"]) == ("owner", "Owner Person")
    assert not WHOLE & found.keys()
    assert {group["title"] for group in found["groups"]} == {"open"}
    secret = await town.stranger.get("/community/users/stranger")
    assert {group["title"] for group in secret["groups"]} == {"secret"}
    assert not (await town.owner.get("/community/users/stranger"))["groups"]


async def test_groups_of_a_user_say_what_he_is_in_them(hamlet: Town) -> None:
    """The membership shown with a user's groups is his, not the caller's."""
    found = await hamlet.admin.get("/community/users/member")
    types = {group["title"]: group["userMembership"] for group in found["groups"]}
    assert types["club"] == {"username": "member", "memberType": "member", "applications": 0}
    assert types["theirs"]["memberType"] == "owner"


async def test_unknown_users(hamlet: Town) -> None:
    """A user who is not there is refused in the words that the Python client takes for None."""
    reply = await hamlet.owner("GET", "/community/users/zed")
    assert reply.code == (400, "COM_0018")
    assert reply.error["message"] == "User does not exist or is inaccessible."


async def test_changing_oneself(town: Town) -> None:
    """A user changes names and description of his own; an administrator those of others; nobody else does."""
    asked = {"fullName": "Ada Lovelace", "description": "d", "tags": "a, b,a"}
    assert (await town.owner.post("/community/users/owner/update", **asked))["success"]
    found = await town.owner.get("/community/self")
    assert (found["fullName"], found["description"], found["tags"]) == ("Ada Lovelace", "d", ["a", "b"])
    await town.admin.post("/community/users/owner/update", lastName="King", description="")
    found = await town.owner.get("/community/self")
    assert (found["fullName"], found["description"]) == ("Ada King", None)
    assert await town.member.refused("/community/users/owner/update", description="x") == (403, "GWM_0003")


async def test_finding_users(town: Town) -> None:
    """One finds people of one's own organisation, by the grammar of searches, and lists them in pages."""
    found = await town.owner.get("/community/users", q="username:own* AND role:org_publisher")
    assert [row["username"] for row in found["results"]] == ["owner"]
    listed = await town.owner.post("/portals/self/users", num="2", start="1")
    assert (listed["total"], listed["num"], listed["nextStart"]) == (6, 2, 3)
    last = await town.owner.post("/portals/self/users", num="4", start="5")
    assert (last["num"], last["nextStart"], len(last["users"])) == (4, -1, 2)
    admins = await town.owner.post("/portals/self/users", role="org_admin")
    assert {row["username"] for row in admins["users"]} == {"admin", "root"}
    assert [row["username"] for row in (await town.external.get("/community/users", q=""))["results"]] == ["external"]
    assert await town.owner.refused("/community/users", "GET", q="((") == (400, None)
    assert await town.owner.refused("/portals/other/users", "GET") == (400, "GWM_0007")
