"""One truth: what each kind of item, recipient, role and term shows here, and what is changed here elsewhere."""

from typing import Any

import pytest
from tests.faces.arcgis.town import Town

from commonhold.core.content.making import make_app, make_entry
from commonhold.core.content.opening import open_content
from commonhold.core.content.tree import children, get
from commonhold.core.directory.members import add_members
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.identity import Named, Path, RecipientRef
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, GroupTerms, Item, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.roles import ItemKind, Kind, Role
from commonhold.core.sharing.finding import shares_on, shares_with
from commonhold.core.sharing.managing import withdraw
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.terms import Terms
from commonhold.faces.arcgis.ids import id_of, uid_of
from commonhold.testing.build import Builder

pytestmark = pytest.mark.slow

A = "/owner/map.json"
OWNED = "/content/users/owner"


async def stored(town: Town, path: str = A) -> list[Share]:
    """Return the shares on something as they are kept."""
    where = (Where("item", "eq", town.items[path].no),)
    found: list[Share] = await town.core.store.rows(machine(), Rows(Share, where))
    return found


async def sharing(town: Town, path: str = A) -> tuple[str, list[str]]:
    """Return access and groups of something, as its owner sees them here."""
    found = (await town.owner.get(f"{OWNED}/items/{town.id(path)}"))["sharing"]
    titles = {one: title for title, one in town.groups.items()}
    return found["access"], sorted(titles[one] for one in found["groups"])


async def share(town: Town, path: str = A, **asked: str) -> Any:
    """Share something here, as its owner."""
    return await town.owner.post(f"{OWNED}/items/{town.id(path)}/share", **asked)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.pdf", "PDF"), ("a.csv", "CSV"), ("a.png", "Image"), ("a.xlsx", "Microsoft Excel"), ("a.zip", "File")],
)
async def test_a_file_made_elsewhere(hamlet: Town, name: str, kind: str) -> None:
    """A file is an item whose type follows from its media type, in the folder that it lies in."""
    await hamlet.file(f"/owner/docs/{name}")
    found = await hamlet.owner.get(f"/content/items/{hamlet.id(f'/owner/docs/{name}')}")
    assert (found["type"], found["title"], found["size"]) == (kind, name, 5)
    assert found["ownerFolder"] == id_of(hamlet.items["/owner/docs"].uid)
    folders = (await hamlet.owner.get(OWNED))["folders"]
    assert [(one["id"], one["title"]) for one in folders] == [(found["ownerFolder"], "docs")]


async def test_what_is_made_here(town: Town) -> None:
    """A file or folder that is made here is one for every face: with its bytes, its name, its title and tags."""
    folder = (await town.owner.post(f"{OWNED}/createFolder", title="Maps"))["folder"]["id"]
    made = await town.owner.post(f"{OWNED}/{folder}/addItem", title="Roads", type="Web Map", tags="a,b", text="{}")
    actor = town.actor("owner")
    seen = await get(town.core, actor, Path(("owner", "Maps", "Roads.json")))
    assert (id_of(seen.item.uid), seen.item.kind, seen.item.media) == (made["id"], ItemKind.FILE, "application/json")
    assert seen.item.attributes == '{"title":"Roads","type":"Web Map","tags":["a","b"]}'
    content = await open_content(town.core, actor, seen.item.no)
    assert b"".join([chunk async for chunk in content.chunks()]) == b"{}"
    await town.owner.post(f"{OWNED}/items/{made['id']}/delete")
    assert (await children(town.core, actor, Path(("owner", "Maps")))).items == ()


async def test_an_app_and_an_entry(town: Town) -> None:
    """An app is a web mapping application with its address; what is kept elsewhere is a link to a document."""
    actor, top = town.actor("owner"), Path(("owner",))
    app = await make_app(town.core, actor, top, "paint", "https://paint.example")
    entry = await make_entry(town.core, actor, top, type="board", key="7", title="Plan", url="https://x.example/7")
    for item, kind, title in ((app, "Web Mapping Application", "paint"), (entry, "Document Link", "Plan")):
        found = await town.owner.get(f"/content/items/{id_of(item.uid)}")
        assert (found["type"], found["title"], found["url"]) == (kind, title, item.url)
        assert id_of(item.uid) in [one["id"] for one in (await town.owner.get(OWNED))["items"]]


async def test_a_record(town: Town) -> None:
    """A record that is shared is an item of type Record, which is read here and nothing else."""
    build = Builder(town.core.store)
    record = await build.record(town.items[A].space, "articles", "7")
    await build.share(record, town.numbers["member"])
    item = id_of((await build.get(Item, record)).uid)
    found = await town.member.get(f"/content/items/{item}")
    assert (found["type"], found["title"], found["itemControl"]) == ("Record", "articles 7", "view")
    assert item in [one["id"] for one in (await town.member.get("/search", q="type:Record"))["results"]]
    assert await town.member.refused(f"/content/items/{item}/share", groups=town.groups["theirs"]) == (403, "GWM_0003")
    for verb in ("share", "update", "delete", "move"):
        assert await town.owner.refused(f"{OWNED}/items/{item}/{verb}", everyone="true", title="x") is not None


@pytest.mark.parametrize(
    ("recipient", "access", "groups"),
    [
        (Named("member", Kind.USER), "shared", []),
        (MAIN_ORG, "org", []),
        (EVERYONE, "public", []),
        (LINK, "shared", []),
        (Named("club", Kind.GROUP), "shared", ["club"]),
        (Named("new@example.net", Kind.MAIL), "private", []),
    ],
)
async def test_recipients_of_other_faces(town: Town, recipient: RecipientRef, access: str, groups: list[str]) -> None:
    """Whoever gets an item elsewhere makes its access here; and is gone from it when that share is withdrawn."""
    await town.give(A, recipient)
    assert await sharing(town) == (access, groups)
    (made,) = await stored(town)
    await withdraw(town.core, town.actor("owner"), [made.uid])
    assert await sharing(town) == ("private", [])


async def test_a_claimed_address(town: Town) -> None:
    """An address makes an item shared once somebody has claimed it."""
    await town.give(A, Named("new@example.net", Kind.MAIL))
    assert await sharing(town) == ("private", [])
    new = NewUser(name="newcomer", password="correct horse", email="new@example.net", verified=True)
    await add_user(town.core, town.actor("root"), new)
    assert await sharing(town) == ("shared", [])


async def test_what_is_shared_here(town: Town) -> None:
    """Everyone, the organisation and groups are shares of the core: of its owner, to whom each face shows them."""
    await share(town, everyone="true", org="true", groups=town.groups["club"])
    kept = {one.kind: one for one in await stored(town)}
    assert kept.keys() == {Kind.EVERYONE, Kind.ORG, Kind.GROUP}
    assert {(one.role, one.face, one.made_by, one.stands_on) for one in kept.values()} == {
        (Role.VIEWER, "arcgis", town.numbers["owner"], 0)
    }
    listed = await shares_on(town.core, town.actor("owner"), town.items[A].no)
    assert {shown.share.no for shown in listed.shares} == {one.no for one in kept.values()}
    theirs = await shares_with(town.core, town.actor("member"))
    assert {shown.share.kind for shown in theirs.shares} == {Kind.ORG, Kind.GROUP}
    await share(town, everyone="false", org="false", groups=" ")
    assert await stored(town) == []
    assert (await shares_with(town.core, town.actor("member"))).shares == ()


async def test_shares_that_this_dialect_cannot_end(town: Town) -> None:
    """Private here ends shares with everyone, organisation and groups by whomever; with people and links it does not.

    What is left is named in ``details``.
    """
    for to in (Named("stranger", Kind.USER), LINK, EVERYONE, MAIN_ORG, Named("club", Kind.GROUP)):
        await town.give(A, to)
    told = await share(town, everyone="false", org="false", groups="")
    assert told["notSharedWith"] == []
    assert sorted((one["with"], one["reason"]) for one in told["details"]) == [
        ("link", "personal"),
        ("user", "personal"),
    ]
    assert {one.kind for one in await stored(town)} == {Kind.USER, Kind.LINK}
    assert await sharing(town) == ("shared", [])


async def test_what_comes_from_a_folder(town: Town) -> None:
    """What a folder gives reaches an item here, too; it is not ended on the item, and is named in ``details``."""
    deep, docs = "/owner/docs/deep.txt", town.id("/owner/docs")
    for to in (EVERYONE, Named("club", Kind.GROUP)):
        await town.give("/owner/docs", to)
    assert await sharing(town, deep) == ("public", ["club"])
    told = await share(town, deep, everyone="false", org="false", groups=" ")
    assert sorted((one["with"], one["reason"], one["folder"]) for one in told["details"]) == [
        ("everyone", "inherited", docs),
        ("group", "inherited", docs),
    ]
    assert await sharing(town, deep) == ("public", ["club"])
    left = await town.owner.post(f"{OWNED}/items/{town.id(deep)}/unshare", groups=town.groups["club"])
    assert (left["notUnsharedFrom"], left["details"][0]["reason"]) == ([town.groups["club"]], "inherited")


async def test_nested_groups(town: Town) -> None:
    """Who is in a group by another group sees what is shared with the outer one."""
    await town.group("inner", "owner", ("stranger",), GroupTerms(0))
    inner = Named(uid_of(town.groups["inner"]) or "", Kind.GROUP)
    await add_members(town.core, town.actor("owner"), Named("club", Kind.GROUP), [inner])
    await share(town, groups=town.groups["club"])
    found = await town.stranger.get(f"/content/items/{town.id(A)}")
    assert (found["access"], found["itemControl"]) == ("shared", "view")
    assert (await town.stranger.get("/search", q=f"group:{town.groups['club']}"))["total"] == 1


@pytest.mark.parametrize(
    ("role", "control"),
    [
        (Role.PREVIEWER, "view"),
        (Role.VIEWER, "view"),
        (Role.EDITOR, "update"),
        (Role.CONTRIBUTOR, "update"),
        (Role.MANAGER, "update"),
        (Role.UPLOADER, None),
    ],
)
async def test_roles(town: Town, role: Role, control: str | None) -> None:
    """A role is view, or update where it may write; what is enforced is the role."""
    await town.give(A, "member", role)
    item = town.id(A)
    found = await town.member("GET", f"/content/items/{item}", params={"f": "json"})
    assert found.json.get("itemControl") == control
    data = await town.member("GET", f"/content/items/{item}/data")
    assert (data.body == b'{"layers": []}') is (role not in (Role.PREVIEWER, Role.UPLOADER))
    wrote = await town.member.refused(f"{OWNED}/items/{item}/update", title="By member")
    assert (wrote is None) is (control == "update")


async def test_a_window_is_honoured(town: Town) -> None:
    """A share with a window counts within it alone."""
    now = town.clock()
    await town.give(A, Named("club", Kind.GROUP), terms=Terms(starts=now + 10, until=now + 20))
    told = []
    for _ in range(3):
        read = await town.member("GET", f"/content/items/{town.id(A)}", params={"f": "json"})
        found = await town.member.get("/search", q=f"id:{town.id(A)}")
        told.append((await sharing(town), read.code is None, found["total"]))
        town.clock.advance(10)
    closed: Any = (("private", []), False, 0)
    assert told == [closed, (("shared", ["club"]), True, 1), closed]


async def test_uses_are_honoured(town: Town) -> None:
    """A share with everyone that counts its uses makes nothing public: its bytes go to opened links only."""
    await town.give(A, EVERYONE, terms=Terms(max_uses=1))
    assert await sharing(town) == ("shared", [])
    assert await town.nobody.refused(f"/content/items/{town.id(A)}", "GET") == (403, "GWM_0003")


async def test_terms_of_other_faces_stay(town: Town) -> None:
    """Sharing here with a group that has the item already leaves the role and terms of that share as they are."""
    until = town.clock() + 1_000_000
    terms = Terms(until=until, note="from elsewhere", mask=Kind.USER)
    await town.give(A, Named("club", Kind.GROUP), Role.CONTRIBUTOR, terms=terms)
    assert (await share(town, groups=town.groups["club"]))["notSharedWith"] == []
    (kept,) = await stored(town)
    assert (kept.role, kept.until, kept.mask, kept.face) == (Role.CONTRIBUTOR, until, Kind.USER, "native")


async def test_a_group_of_members_who_update(town: Town) -> None:
    """What its owner confirmed for an update group is a writing share with it for every face."""
    await share(town, groups=town.groups["workshop"], confirmItemControl="true")
    (kept,) = await stored(town)
    assert (kept.role, kept.item_control) == (Role.EDITOR, True)


async def test_the_sharer_is_owner_or_member(town: Town) -> None:
    """What a member puts into his group is his share, passed on from the organisation's, and ends with it."""
    await share(town, org="true")
    item = town.id(A)
    await town.member.post(f"/content/items/{item}/share", groups=town.groups["theirs"])
    kept = {one.kind: one for one in await stored(town)}
    assert (kept[Kind.GROUP].made_by, kept[Kind.GROUP].hangs_on) == (town.numbers["member"], kept[Kind.ORG].no)
    assert await sharing(town) == ("org", ["theirs"])
    await withdraw(town.core, town.actor("owner"), [kept[Kind.ORG].uid])
    assert await sharing(town) == ("private", [])


async def test_what_may_not_be_passed_on_elsewhere(town: Town) -> None:
    """An item that another face gave the organisation without leave to pass it on goes into no member's group."""
    await town.give(A, MAIN_ORG)
    refused = await town.member.refused(f"/content/items/{town.id(A)}/share", groups=town.groups["theirs"])
    assert refused == (403, "GWM_0003")


async def test_a_manager_is_no_owner(town: Town) -> None:
    """Who manages an item by a share puts it into his groups here, and does nothing on the owner's route."""
    await town.give(A, "member", Role.MANAGER)
    item = town.id(A)
    assert await town.member.refused(f"{OWNED}/items/{item}/share", everyone="true") == (403, "GWM_0003")
    told = await town.member.post(f"/content/items/{item}/share", groups=town.groups["theirs"], everyone="true")
    assert told["notSharedWith"] == []
    assert await sharing(town) == ("shared", ["theirs"])


async def test_given_to_its_new_owner(town: Town) -> None:
    """Shares made here stand for whoever owns the item: they go on when it has another owner."""
    asked = (Asked(town.items[A].uid),)
    await share(town, org="true")
    await town.admin.post(f"{OWNED}/items/{town.id(A)}/reassign", targetUsername="stranger")
    found = await town.stranger.get(f"/content/users/stranger/items/{town.id(A)}")
    assert found["sharing"]["access"] == "org"
    report = await propose(town.core, town.actor("owner"), Proposal(asked, (Named("member", Kind.USER),)))
    assert report.refused() is not None
