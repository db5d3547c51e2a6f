"""What people do with the real Python client; each scene's steps and what came of them go to standard output as JSON.

It runs in an environment of its own (``requirements.txt``), where nothing of ours is.
"""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")

from arcgis.gis import GIS, ItemProperties, ItemTypeEnum, SharingLevel  # noqa: E402

GIVEN = json.load(sys.stdin)
URL, TOKENS, GROUPS = GIVEN["url"], GIVEN["tokens"], GIVEN["groups"]
PASSWORD = "correct horse"


def sentence(error: Exception) -> str:
    """Return the first line of an error."""
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"


def attempt(do: Callable[[], Any]) -> Any:
    """Return what a step gives, or the error that it raises."""
    try:
        return do()
    except Exception as error:
        return sentence(error)


def title(thing: Any) -> Any:
    """Return the title of an item, or whatever else it is."""
    return thing if isinstance(thing, str) else getattr(thing, "title", thing)


def by(name: str) -> Any:
    """Log in by a token."""
    return GIS(URL, token=TOKENS[name], verify_cert=False)


def log_in() -> Any:
    """Log in by the pages of OAuth, by generateToken, by a token, and not at all."""

    def name(**how: Any) -> Any:
        user = GIS(URL, verify_cert=False, **how).users.me
        return user and user.username

    asked = {"username": "owner", "password": PASSWORD}
    return {
        "by pages": name(**asked),
        "by generateToken": name(**asked, use_gen_token=True),
        "by a token": name(token=TOKENS["owner"]),
        "anonymous": name(),
        "wrong password": "Invalid username or password." in attempt(lambda: name(username="owner", password="x")),
        "wrong token": name(token="x"),  # the client goes on without one
        "version": GIS(URL, verify_cert=False).version,
        "portal": by("owner").properties.portalName,
    }


def people() -> Any:
    """Look at oneself and others."""
    owner, admin = by("owner"), by("admin")
    owner.users.me.update(description="Draws maps.", tags="a,b")
    return {
        "mine": [owner.users.me.role, "portal:user:shareToGroup" in owner.users.me.privileges],
        "admin": any(":admin:" in one for one in admin.users.me.privileges),
        "description": by("admin").users.get("owner").description,
        "nobody": owner.users.get("zed"),
        "found": sorted(user.username for user in owner.users.search("username:mem* OR username:own*")),
        "organisation": len(owner.users.org_search("*")),
    }


def roles() -> Any:
    """Make a role, and give it to somebody."""
    admin = by("admin")
    role = admin.users.roles.create("Sharers", "d", privileges=["portal:user:shareToGroup", "portal:user:createItem"])
    found = {
        "made": [role.name, "portal:user:shareToPublic" in role.privileges],
        "all": sorted(one.name for one in admin.users.roles.all()),
        "given": admin.users.get("viewer").update_role(role),
        "has": [
            by("viewer").users.me.roleId == role.role_id,
            "portal:user:createItem" in by("viewer").users.me.privileges,
        ],
        "taken": admin.users.get("viewer").update_role("iAAAAAAAAAAAAAAA"),
    }
    found["deleted"] = role.delete()
    return found


def groups() -> Any:
    """Make a group, and have people come and go."""
    owner, member, stranger = by("owner"), by("member"), by("stranger")
    made = owner.groups.create("Rivers", "a,b", snippet="s", access="org", is_invitation_only=False)
    found = {
        "made": [made.title, made.owner, made.access, made.isInvitationOnly],
        "added": made.add_users(["member", "zed"], admins=["stranger"]),
        "members": made.get_members(),
        "changed": made.update_users_roles(managers=["member"], users=["stranger"]),
        "list": sorted(one["username"] for one in made.user_list()["users"]),
        "removed": made.remove_users(["stranger"]),
        "invited": made.invite_users(["stranger"]),
    }
    (invitation,) = stranger.users.me.invitations.list
    found["accepted"] = invitation.accept()["success"]
    found["left"] = stranger.groups.get(made.id).leave()
    found["asked"] = by("viewer").groups.get(made.id).join()
    found["let in"] = [one.accept() for one in made.applications]
    found["mine"] = sorted(group.title for group in by("member").users.me.groups)
    made.protected = True
    found["protected"] = "Delete protection" in attempt(made.delete)
    made.protected = False
    found["updated"] = made.update(title="Rivers 2", tags="c")
    found["searched"] = [group.title for group in owner.groups.search("title:Rivers")]
    found["given away"] = made.reassign_to("member")
    found["deleted"] = member.groups.get(made.id).delete()
    found["nothing"] = owner.groups.get(made.id)
    return found


def items() -> Any:
    """Add items of each kind; find, change, move, protect, hand over and delete them."""
    owner = by("owner")
    folder = owner.content.folders.get()
    file = Path(GIVEN["folder"]) / "points.csv"
    file.write_text("x,y\n1,2\n")
    points = folder.add(ItemProperties(title="Points", item_type=ItemTypeEnum.CSV, tags=["a"]), file=str(file)).result()
    app = ItemProperties(title="App", item_type=ItemTypeEnum.WEB_MAPPING_APPLICATION)
    map_ = ItemProperties(title="Map", item_type=ItemTypeEnum.WEB_MAP)
    app, map_ = folder.add(app, url="https://app.example").result(), folder.add(map_, text={"layers": []}).result()
    docs = owner.content.folders.create("Docs")
    found = {
        "types": [points.type, app.type, map_.type],
        "url": app.url,
        "bytes": Path(points.download(GIVEN["folder"])).read_text(),
        "text": map_.get_data(),
        "found": sorted(item.title for item in owner.content.search("owner:owner title:(Points OR App)")),
        "updated": points.update({"title": "Points 2", "tags": "x,y"}),
        "moved": points.move(docs)["success"],
        "in folder": owner.content.get(points.id).ownerFolder == points.ownerFolder,
        "protected": points.protect()["success"],
    }
    found["kept"] = "Delete protection" in attempt(points.delete)
    points.protect(False)
    found["handed over"] = by("admin").content.get(points.id).reassign_to("member")
    found["owner"] = by("member").content.get(points.id).owner
    found["deleted"] = by("member").content.get(points.id).delete()
    found["nothing"] = owner.content.get(points.id)
    return found


def sharing() -> Any:
    """Share an item by everything that the client offers for it."""
    owner, club = by("owner"), by("owner").groups.get(GROUPS["club"])
    anonymous = GIS(URL, verify_cert=False)
    item = (
        owner.content.folders.get()
        .add(ItemProperties(title="Shared", item_type=ItemTypeEnum.WEB_MAP), text={"layers": []})
        .result()
    )

    def access() -> Any:
        return owner.content.get(item.id).access

    def read(who: Any) -> Any:
        return title(attempt(lambda: who.content.get(item.id)))

    found = {"private": [access(), read(by("stranger"))]}
    for level in (SharingLevel.ORG, SharingLevel.EVERYONE, SharingLevel.PRIVATE):
        item.sharing.sharing_level = level
        found[f"level {level.value}"] = [access(), read(by("stranger")), read(anonymous)]
    found["group added"] = [item.sharing.groups.add(club), access(), read(by("member")), read(by("stranger"))]
    found["groups"] = [group.title for group in item.sharing.groups.list()]
    found["content of the group"] = [one.title for one in club.content()]
    found["group removed"] = [item.sharing.groups.remove(club), access()]
    found["old share"] = [item.share(everyone=False, org=False, groups=[club])["notSharedWith"], access()]
    with_whom = item.shared_with
    found["old shared_with"] = [with_whom["everyone"], with_whom["org"], [one.title for one in with_whom["groups"]]]
    found["old unshare"] = [item.unshare(groups=[club])["notUnsharedFrom"], access()]
    found["old share with everyone"] = [item.share(everyone=True)["notSharedWith"], access()]
    found["old share with nobody"] = [item.share()["notSharedWith"], access()]
    found["several"] = [owner.content.share_items([item], groups=[club], org=True)["results"][0]["success"], access()]
    found["several taken"] = [owner.content.unshare_items([item], groups=[club])["results"][0]["success"], access()]
    found["by update"] = [item.update({"access": "private"}), access()]
    return found


def for_others() -> Any:
    """Share for somebody else: as administrator, and as a member of a group."""
    owner, admin, member = by("owner"), by("admin"), by("member")
    item = (
        owner.content.folders.get()
        .add(ItemProperties(title="Lent", item_type=ItemTypeEnum.WEB_MAP), text={"layers": []})
        .result()
    )

    def access() -> Any:
        return owner.content.get(item.id).access

    his = admin.content.get(item.id)
    found = {"group for the owner": [his.sharing.groups.add(admin.groups.get(GROUPS["club"])), access()]}
    his.sharing.sharing_level = SharingLevel.ORG
    found["level for the owner"] = access()
    theirs = member.content.get(item.id)
    found["by a member"] = theirs.sharing.groups.add(member.groups.get(GROUPS["theirs"]))
    found["still"] = access()
    found["old, by the administrator"] = [his.share(everyone=True, groups=[])["notSharedWith"], access()]
    found["groups then"] = [group.title for group in owner.content.get(item.id).sharing.groups.list()]
    found["not into a group of others"] = attempt(lambda: theirs.sharing.groups.add(GROUPS["second"]))
    return found


SCENES = (log_in, people, roles, groups, items, sharing, for_others)

if __name__ == "__main__":
    print("\x1e" + json.dumps({scene.__name__: attempt(scene) for scene in SCENES}, default=str))
