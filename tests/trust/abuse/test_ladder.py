"""Cases 1 to 12: whoever passes something on gives no more than he has, on create, on update, and at every reading."""

import itertools
import random
import re
from typing import Any

import pytest
from tests.trust.abuse.marks import over
from tests.trust.doors import GIVE, REACHES, readers, reads, thing, through
from tests.trust.town import HOST, Client, Reply, Town

from commonhold.core.identity import Named
from commonhold.core.model import Share
from commonhold.core.problems import Problem
from commonhold.core.records.ruling import drop_rules, list_rules
from commonhold.core.roles import ANY_KIND, ROLE_ACTIONS, Action, Kind, Role
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.terms import Terms
from commonhold.faces.directus.registry import ADMINISTRATORS, OURS

pytestmark = pytest.mark.slow

A = "/alice/a.txt"
WIDE = Terms(mask=ANY_KIND)
HIGHER = (Role.MANAGER, Role.CONTRIBUTOR, Role.EDITOR, Role.VIEWER)
GIVERS = tuple(GIVE)
LINKED = ("native", "puter", "filr", "directus")


def bound(role: Role) -> Action:
    """What somebody may hand on who was given a role with leave to pass it on."""
    return ROLE_ACTIONS[role] | Action.SHARE


async def right_of(town: Town, name: str, path: str = A) -> Action:
    """What somebody may do with something now, by the formula."""
    try:
        return (await decide(town.core, town.actor(name), town.no(path))).actions
    except Problem:
        return Action.NONE


async def got(town: Town, path: str, by: str) -> list[Share]:
    """The shares that somebody made of something."""
    return [one for one in await town.shares(path) if one.made_by == town.numbers[by]]


async def never_more(town: Town, cap: Action, path: str, *names: str) -> None:
    """Nobody of these, and no holder of a link on it, may do more than the cap: by the formula and by the bytes."""
    for name in names:
        assert await right_of(town, name, path) & ~cap == 0, name
        if not cap & Action.DOWNLOAD and town.items[path].kind == "file":
            assert await readers(town, town.clients[name], path) == set()
    for share in await town.shares(path):
        if share.kind is Kind.LINK:
            opened = await town.nobody("POST", f"/api/v1/shares/{share.uid}/open", {})
            if not opened.refused:
                told = await town.client(opened.json["token"])("GET", f"/api/v1/items/{town.uid(path)}/right")
                words = set() if told.refused else set(told.json["actions"])
                assert words <= {word.name.lower() for word in Action if word & cap and word.name}, (share, words)


@over(*GIVERS)
@pytest.mark.parametrize("parent", [Role.PREVIEWER, Role.VIEWER, Role.EDITOR])
async def test_01_a_reshare_has_no_more_than_its_parent(town: Town, face: str, parent: Role) -> None:
    """Bob passes on what he has in every higher role, twice, so that the second is an update: nobody gets more."""
    await town.give(A, "bob", parent, terms=WIDE)
    await town.group_of("bobs", "bob", "carol")
    places = ["group:bobs" if to == "group:club" else to for to in REACHES[face]]
    for to in places:
        for role in (Role.MANAGER, Role.VIEWER, Role.CONTRIBUTOR, Role.MANAGER):
            await GIVE[face](town, town.bob, A, to, role)
            await never_more(town, bound(parent), A, "carol", "dave")


@over(*GIVERS)
async def test_02_chains_only_narrow(town: Town, face: str) -> None:
    """Random chains over random faces, which end with this one: nobody's right is ever wider than the one before."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    chain = ("bob", "carol", "dave", "ext")
    for title, name in (("of bob", "carol"), ("of carol", "dave"), ("of dave", "ext")):
        await town.group_of(title, chain[("of bob", "of carol", "of dave").index(title)], name)
    for number in range(4):
        path = f"/alice/chain{number}.txt"
        await town.file(path, path.encode())
        await town.give(path, "bob", chance.choice(list(HIGHER)), terms=WIDE)
        for giver, taker in itertools.pairwise(chain):
            by = face if taker == "ext" else chance.choice(["native", "puter", "filr"])
            to = {"arcgis": f"group:of {giver}", "directus": "link"}.get(by, taker)
            await GIVE[by](town, town.clients[giver], path, to, chance.choice(HIGHER))
            above, below = await right_of(town, giver, path), await right_of(town, taker, path)
            assert below & ~above == 0, (seed, path, by, giver, taker)


@over(*GIVERS)
async def test_03_the_entry_makes_no_difference(town: Town, face: str) -> None:
    """A folder that may be looked at, but not downloaded, yields nothing more when what is in it is shared on."""
    await town.give("/alice/docs", "bob", Role.PREVIEWER, terms=WIDE)
    await town.group_of("bobs", "bob", "carol")
    deep = "/alice/docs/deep.txt"
    for path in ("/alice/docs", deep):
        for to in REACHES[face]:
            name = "group:bobs" if to == "group:club" else to
            if not (path == "/alice/docs" and to == "link" and face == "puter"):
                await GIVE[face](town, town.bob, path, name, Role.VIEWER)
    await never_more(town, bound(Role.PREVIEWER), deep, "carol", "dave")
    await never_more(town, bound(Role.PREVIEWER), "/alice/docs")


@over("native", "web", "puter", "filr", "directus")
@pytest.mark.parametrize("path", ["/alice/docs", "/alice/paint", "/alice/plan", "notes 1"])
async def test_04_every_kind_of_item(town: Town, face: str, path: str) -> None:
    """What holds for files holds for folders, apps, entries and records, as far as a face shares them at all."""
    await town.give(path, "bob", Role.VIEWER, terms=WIDE, by="alice")
    if " " in path:
        town.items[path] = next(one for one in await town.rows(type(town.items[A])) if one.ref == "1")
    to = "link" if face == "directus" else "carol"
    if face == "directus":
        await town.bob("POST", "/shares", {**thing(town, path), "role": OURS[Role.MANAGER]})
    else:
        await GIVE[face](town, town.bob, path, to, Role.CONTRIBUTOR)
    await never_more(town, bound(Role.VIEWER), path, "carol")


def updates(face: str, share: Share, town: Town) -> list[tuple[str, str, Any]]:
    """Everything by which a face changes what a share says, each asking for more."""
    if face == "native":
        wide = {"pass_on_to": ["user", "group", "org", "everyone", "link", "mail"]}
        one = f"/api/v1/shares/{share.uid}"
        terms = ({"until": None}, {"max_uses": None}, {"password": None}, {"starts": None}, wide)
        return [("PATCH", one, {"role": role}) for role in HIGHER] + [("PATCH", one, {"terms": term}) for term in terms]
    if face == "web":
        where = f"/app/shares/{share.no}/details"
        kinds = ["user", "group", "org", "everyone", "link", "mail"]
        return [
            ("POST", where, {"role": role, "masked": "1", "pass": kinds, "until": "", "uses": ""}) for role in HIGHER
        ]
    if face == "filr":
        flags = {"internal": True, "external": True, "public": True}
        return [
            ("POST", f"/rest/shares/{share.version}", {"access": {"role": role, "sharing": flags}})
            for role in ("CONTRIBUTOR", "EDITOR", "VIEWER")
        ]
    roles = (ADMINISTRATORS, OURS[Role.MANAGER], None)
    return [
        ("PATCH", f"/shares/{share.uid}", body)
        for body in (*({"role": role} for role in roles), {"max_uses": 99}, {"date_end": None}, {"password": None})
    ]


async def sent(who: Client, ask: tuple[str, str, Any]) -> Reply:
    """Send a request: a form of our pages, or JSON."""
    if ask[1].startswith("/app/"):
        return Reply(await who.http.post(ask[1], data=ask[2], headers={"origin": HOST}))
    return await who(*ask)


@over("native", "web", "filr", "directus")
async def test_05_each_field_of_a_reshare(town: Town, face: str) -> None:
    """Who passed something on changes every field of his share to the widest there is: nobody gets more by it."""
    await town.give(A, "bob", Role.PREVIEWER, terms=Terms(mask=Kind.USER | Kind.LINK))
    given = await GIVE[face](town, town.bob, A, "link" if face == "directus" else "carol", Role.PREVIEWER)
    if face == "filr":  # has no role that narrow
        await town.give(A, "carol", Role.PREVIEWER, by="bob")
    assert given.done or face == "filr"
    for at in range(len(updates(face, (await got(town, A, "bob"))[0], town))):
        share = (await got(town, A, "bob"))[0]
        await sent(town.bob, updates(face, share, town)[at])
        await never_more(town, bound(Role.PREVIEWER), A, "carol", "dave")
        if face == "directus":
            opened = await town.nobody("POST", "/shares/auth", {"share": share.uid})
            token = opened.json["data"]["access_token"] if not opened.refused else "none"
            assert not await reads(town, town.client(token), A, "directus")


@over("native", "web", "puter", "filr", "arcgis", "directus")
async def test_06_a_recipient_changes_nothing(town: Town, face: str) -> None:
    """A recipient may change no field of the share by which he got something: neither its end nor its role."""
    until = town.clock() + 1_000
    to = {"arcgis": Named("team", Kind.GROUP)}.get(face, Named("bob", Kind.USER))
    await town.give(A, to, terms=Terms(until=until, mask=Kind.USER | Kind.LINK))
    (share,) = await town.shares(A)
    if face in ("native", "web", "filr", "directus"):
        for ask in updates(face, share, town):
            assert (await sent(town.bob, ask)).status in (403, 404), ask
    elif face == "puter":
        assert not (await GIVE[face](town, town.bob, A, "bob", Role.MANAGER)).done
    else:
        assert not (await GIVE[face](town, town.bob, A, "group:team", Role.EDITOR)).done
        where = f"/sharing/rest/content/users/alice/items/{town.arcgis_id(A)}/share"
        assert (await town.bob.form(where, everyone="true")).refused
    assert await town.shares(A) == [share]


@over("native", "web", "puter", "filr", "directus")
async def test_08_a_link_of_one_who_may_not_download(town: Town, face: str) -> None:
    """Who may look at something, but not download it, makes a link: nobody downloads by it."""
    await town.give(A, "bob", Role.PREVIEWER, terms=WIDE)
    made = await GIVE[face](town, town.bob, A, "link", Role.VIEWER)
    for share in await got(town, A, "bob"):
        assert (await through(town, face, secret_of(town.core, share), share.uid, A)).body != A.encode()
    assert not made.done or face in ("directus", "filr", "puter")


async def _left(town: Town, how: str) -> None:
    """Let the right of Bob go, by which he made a link."""
    (parent,) = [one for one in await town.shares(A) if one.recipient != 2 and one.made_by == town.numbers["alice"]]
    if how == "withdrawn":
        await withdraw(town.core, town.actor("alice"), [parent.uid])
    elif how == "masked":
        await amend(town.core, town.actor("alice"), parent.uid, terms=Terms(mask=Kind.USER))
    else:
        await town.root.ok("POST", "/api/v1/users/bob/suspend")


@over("native", "web", "puter", "filr", "directus")
@pytest.mark.parametrize("how", ["withdrawn", "masked", "suspended"])
async def test_09_a_link_ends_with_its_makers_right(town: Town, face: str, how: str) -> None:
    """A link passed on dies at once when its maker's share ends, no longer lets him make links, or he is suspended."""
    await town.give(A, "bob", terms=WIDE)
    await GIVE[face](town, town.bob, A, "link", Role.VIEWER)
    (share,) = await got(town, A, "bob")
    secret = secret_of(town.core, share)
    assert (await through(town, face, secret, share.uid, A)).body == A.encode()
    await _left(town, how)
    after = await through(town, face, secret, share.uid, A)
    assert after.refused or after.status == 303, after


@over("arcgis")
async def test_09_what_a_member_put_into_his_group(town: Town, face: str) -> None:
    """What somebody put into his own group is over for its members at once when he himself has lost it."""
    await town.give(A, "bob", terms=WIDE)
    await town.group_of("bobs", "bob", "dave")
    assert (await GIVE[face](town, town.bob, A, "group:bobs", Role.VIEWER)).done
    assert await reads(town, town.dave, A, face)
    await _left(town, "withdrawn")
    assert await readers(town, town.dave, A) == set()


@over("native", "web", "puter", "filr")
async def test_10_a_role_above_ones_own(town: Town, face: str) -> None:
    """A viewer who gives the role of a manager or contributor is refused, and nothing is shared."""
    await town.give(A, "bob", Role.VIEWER, terms=WIDE)
    for role in (Role.MANAGER, Role.CONTRIBUTOR):
        assert not (await GIVE[face](town, town.bob, A, "carol", role)).done
    assert await right_of(town, "carol") == Action.NONE


@over("directus")
async def test_10_a_role_that_one_does_not_hold(town: Town, face: str) -> None:
    """A share for the administrators' role is taken, and its token reads what its maker may read, no more."""
    await town.give("notes 1", "bob", terms=WIDE, by="alice")
    body = {"collection": "notes", "item": "1", "role": ADMINISTRATORS}
    made = await town.bob("POST", "/shares", body)
    if not made.refused:
        opened = await town.nobody.ok("POST", "/shares/auth", {"share": made.json["data"]["id"]})
        holder = town.client(opened["data"]["access_token"])
        rows = await holder("GET", "/items/notes")
        assert rows.refused or [row["id"] for row in rows.json["data"]] == [1]
        for path in ("/items/notes/2", "/users", "/policies", "/items/commonhold_files"):
            found = await holder("GET", path)
            assert found.refused or found.json["data"] == [], found
        assert (await holder("PATCH", "/items/notes/1", {"text": "mine"})).refused


@over("native", "web", "puter", "filr", "directus")
async def test_11_what_is_open_follows_each_change(town: Town, face: str) -> None:
    """An opened link gives less at once when its role is lowered: for a pass handed out before, too."""
    secret, uid = await town.link(A)
    opened = await town.nobody.ok("POST", f"/api/v1/shares/{uid}/open", {})
    holder = town.client(opened["token"])
    assert await reads(town, holder, A, "native")
    assert (await through(town, face, secret, uid, A)).body == A.encode()
    await amend(town.core, town.actor("alice"), uid, role=Role.PREVIEWER)
    assert (await through(town, face, secret, uid, A)).body != A.encode()
    assert await readers(town, holder, A) == set()


@over("arcgis")
async def test_11_what_is_shared_follows_each_change(town: Town, face: str) -> None:
    """What a group may read it reads no longer once the role of the share is lowered."""
    await GIVE[face](town, town.alice, A, "group:team", Role.VIEWER)
    assert await reads(town, town.bob, A, face)
    (share,) = await town.shares(A)
    await amend(town.core, town.actor("alice"), share.uid, role=Role.PREVIEWER)
    assert not await reads(town, town.bob, A, face)


@over("directus")
async def test_11_rules_are_asked_at_each_reading(town: Town, face: str) -> None:
    """The token of a share of a row reads nothing once its maker has no rule on the collection any more."""
    made = await town.alice.ok("POST", "/shares", {"collection": "notes", "item": "1", "role": ADMINISTRATORS})
    opened = await town.nobody.ok("POST", "/shares/auth", {"share": made["data"]["id"]})
    holder = town.client(opened["data"]["access_token"])
    assert not (await holder("GET", "/items/notes/1")).refused
    held = await list_rules(town.core, town.actor("root"), "notes")
    await drop_rules(town.core, town.actor("root"), [one.uid for one in held])
    assert (await holder("GET", "/items/notes/1")).refused


WRITES: dict[str, tuple[str, str, Any]] = {
    "native": ("PATCH", "/api/v1/items/{uid}", {"title": "mine"}),
    "puter": ("POST", "/rename", {"uid": "{uid}", "new_name": "mine"}),
    "filr": ("POST", "/rest/files/{uid}/name", {"name": "mine"}),
    "arcgis": ("POST", "/sharing/rest/content/users/alice/items/{id}/update?f=json&title=mine", None),
    "directus": ("PATCH", "/files/{uid}", {"filename_download": "mine"}),
}


@over(*WRITES)
async def test_12_a_token_is_no_wider_than_the_one_that_made_it(town: Town, face: str) -> None:
    """A token for reading makes no wider one, and writes and shares by no face."""
    made = await town.alice.ok("POST", "/api/v1/tokens", {"actions": ["read", "download"]})
    reader = town.client(made["token"])
    for wanted in ({}, {"actions": ["read", "write", "share", "manage"]}):
        wider = await reader("POST", "/api/v1/tokens", wanted)
        assert wider.refused, wider
    assert await reads(town, reader, A, face)
    method, path, body = WRITES[face]
    path = path.replace("{uid}", town.uid(A)).replace("{id}", town.arcgis_id(A))
    body = {name: text.replace("{uid}", town.uid(A)) for name, text in body.items()} if body else None
    before = await town.rows(type(town.items[A]), no=town.no(A))
    assert (await reader(method, path, body)).refused
    assert await town.rows(type(town.items[A]), no=town.no(A)) == before
    for to in REACHES[face]:
        await GIVE[face](town, reader, A, to, Role.VIEWER)
    assert await town.shares(A) == []


@over("web")
async def test_12_pages_take_the_scope_of_a_token(town: Town, face: str) -> None:
    """A token for reading writes, shares and makes a wider token by no form of a page."""
    made = await town.alice.ok("POST", "/api/v1/tokens", {"actions": ["read", "download"]})
    reader = town.client(made["token"])
    assert await reads(town, reader, A, face)
    docs = town.uid("/alice/docs")
    for path in ("files", "folders", "rename"):
        files = [("file", ("x.txt", b"x"))] if path == "files" else None
        reply = await reader.http.post(
            f"/app/items/{docs}/{path}", data={"name": "x"}, files=files, headers={"origin": HOST}
        )
        assert reply.status_code in (400, 403, 404), reply.text
    for to in REACHES[face]:
        assert not (await GIVE[face](town, reader, A, to, Role.VIEWER)).done
    assert await town.shares(A) == []
    wider = await reader.http.post("/app/account/tokens", data={"scope": "all", "days": ""}, headers={"origin": HOST})
    for found in re.findall(r"[\w-]{43}", wider.text):
        assert not await writes_by(town, found)


async def writes_by(town: Town, token: str) -> bool:
    """Tell whether a token renames something of Alice's."""
    return not (await town.client(token)("PATCH", f"/api/v1/items/{town.uid(A)}", {"title": "mine"})).refused
