"""Roles that administrators make of privileges, and give to people."""

import pytest
from tests.faces.arcgis.town import Town

pytestmark = pytest.mark.slow

ROLES = "/portals/self/roles"
SHARING = '{"privileges": ["portal:user:shareToGroup", "portal:admin:viewItems", "portal:publisher:publishFeatures"]}'
FORBIDDEN = (403, "GWM_0003")


async def _made(town: Town) -> str:
    made = await town.admin.post("/portals/self/createRole", name="Sharers", description="d")
    assert made["success"]
    role: str = made["id"]
    return role


async def test_a_role_of_ones_own(town: Town) -> None:
    """Whoever has a role may do what its privileges say, at once; nobody becomes an administrator by one."""
    role = await _made(town)
    assert (await town.admin.post(f"{ROLES}/{role}/setPrivileges", privileges=SHARING))["success"]
    for word in ("updateuserrole", "updateUserRole"):
        assert (await town.admin.post(f"/portals/self/{word}", user="member", role=role))["success"]
    found = await town.member.get("/community/self")
    assert (found["role"], found["roleId"]) == ("org_publisher", role)
    assert "portal:user:shareToGroup" in found["privileges"]
    refused = {"portal:user:shareToPublic", "portal:user:createItem", "portal:admin:viewItems"}
    assert not refused & set(found["privileges"])
    assert (await town.member.get(f"{ROLES}/{role}/privileges"))["privileges"] == found["privileges"]
    assert (await town.member.get(f"{ROLES}/{role}"))["name"] == "Sharers"
    assert await town.member.refused("/community/createGroup", title="x") == FORBIDDEN
    assert await town.admin.refused(f"{ROLES}/{role}/delete") == (400, None)
    await town.admin.post("/portals/self/updateUserRole", user="member", role="org_user")
    assert "roleId" not in await town.member.get("/community/self")
    assert (await town.admin.post(f"{ROLES}/{role}/delete"))["success"]
    assert await town.member.refused(f"{ROLES}/{role}") == (400, "ORG_0023")


async def test_the_list_of_roles(town: Town) -> None:
    """Viewers' role stands beside those that were made; built-in ones are words and in no list."""
    role = await _made(town)
    await town.admin.post(f"{ROLES}/{role}/update", name="Others")
    listed = await town.member.post(ROLES, start="1", num="100")
    assert [one["name"] for one in listed["roles"]] == ["Viewer", "Others"]
    assert listed["nextStart"] == -1
    viewer = listed["roles"][0]["id"]
    assert (await town.viewer.get(f"{ROLES}/{viewer}"))["name"] == "Viewer"
    shown = (await town.viewer.get(f"{ROLES}/{viewer}/privileges"))["privileges"]
    assert shown == (await town.viewer.get("/community/self"))["privileges"]
    assert [one["name"] for one in (await town.external.get(ROLES))["roles"]] == ["Viewer"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/portals/self/createRole", {"name": "x"}),
        ("/portals/self/updateUserRole", {"user": "owner", "role": "org_admin"}),
        (f"{ROLES}/{{}}/setPrivileges", {"privileges": "[]"}),
        (f"{ROLES}/{{}}/update", {"name": "y"}),
        (f"{ROLES}/{{}}/delete", {}),
    ],
)
async def test_roles_are_the_administrators(hamlet: Town, path: str, asked: dict[str, str]) -> None:
    """Nobody but an administrator makes, changes, gives or deletes a role."""
    where = path.format(await _made(hamlet))
    assert await hamlet.owner.refused(where, **asked) == FORBIDDEN
    assert await hamlet.nobody.refused(where, **asked) == (499, "GWM_0003")


@pytest.mark.parametrize(
    ("path", "asked", "code"),
    [
        ("/portals/self/createRole", {}, (400, None)),
        ("/portals/self/createRole", {"name": "sharers"}, (409, None)),
        ("/portals/self/updateUserRole", {"role": "org_user"}, (400, None)),
        ("/portals/self/updateUserRole", {"user": "zed", "role": "org_user"}, (400, "COM_0018")),
        ("/portals/self/updateUserRole", {"user": "owner", "role": "org_king"}, (400, "ORG_0023")),
        ("/portals/self/updateUserRole", {"user": "owner", "role": "0" * 32}, (400, "ORG_0023")),
        ("/portals/self/updateUserRole", {"user": "external", "role": "org_user"}, FORBIDDEN),
        (f"{ROLES}/{{}}/setPrivileges", {"privileges": "{"}, (400, None)),
        (f"{ROLES}/{{}}/setPrivileges", {"privileges": '"{"'}, (400, None)),
        (f"{ROLES}/iAAAAAAAAAAAAAAA/delete", {}, (400, "ORG_0023")),
    ],
)
async def test_odd_roles(hamlet: Town, path: str, asked: dict[str, str], code: tuple[int, str | None]) -> None:
    """Roles, users and privileges that are none are refused."""
    assert await hamlet.admin.refused(path.format(await _made(hamlet)), **asked) == code


async def test_privileges_written_twice_over(hamlet: Town) -> None:
    """The Python client sends privileges as JSON in JSON when it repeats itself."""
    role = await _made(hamlet)
    twice = '"{\\"privileges\\": [\\"portal:user:shareToOrg\\"]}"'
    assert (await hamlet.admin.post(f"{ROLES}/{role}/setPrivileges", privileges=twice))["success"]
    assert "portal:user:shareToOrg" in (await hamlet.admin.get(f"{ROLES}/{role}/privileges"))["privileges"]
