"""One truth: what each kind of item, recipient, role and term shows here, and what is changed here elsewhere."""

from typing import Any

import pytest
from tests.faces.directus.giving import enter, inside, reads, role, share
from tests.faces.directus.town import Client, Town

from commonhold.core.content.making import make_entry, make_folder
from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.installation import acting
from commonhold.core.directory.members import add_members
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor, ItemRef, Named, Path, RecipientRef, RecordRef
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, Reach
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, Role
from commonhold.core.sharing.finding import Shown, get_share
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.managing import Amendment, amend, amend_all, withdraw
from commonhold.core.sharing.opening import by_secret, open_share
from commonhold.core.sharing.proposal import Asked, Pair, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.terms import Terms

pytestmark = pytest.mark.slow

FIRST = RecordRef("articles", "1")
DENIED = (403, "FORBIDDEN")


async def native(town: Town, to: RecipientRef, item: ItemRef = FIRST, **how: Any) -> Pair:
    """Share something as another face does."""
    proposal = Proposal((Asked(item),), (to,), **how)
    pair = (await propose(town.core, town.actor("admin"), proposal)).pairs[0]
    assert pair.refused is None, pair
    return pair


async def known(town: Town, uid: str) -> Shown:
    """A share as another face shows it to its maker."""
    return await get_share(town.core, town.actor("admin"), uid)


async def nora(town: Town) -> tuple[Client, int]:
    """Somebody who may read nothing yet."""
    made = await add_user(town.core, await acting(town.core), NewUser(name="nora", email="nora@example.com"))
    token = await create_token(town.core, Actor(made.no))
    return Client(town.app, token.secret), made.no


async def reading(client: Client) -> Any:
    """What somebody reads of the articles."""
    reply = await client("GET", "/items/articles?fields=id&sort=id")
    return [row["id"] for row in reply.data] if reply.status == 200 else reply.refused[:2]


async def test_people_groups_organisations_and_everyone(town: Town) -> None:
    """What is shared with them is read by them in /items, and is no share object; withdrawn, it is gone at once."""
    client, no = await nora(town)
    admin = town.actor("admin")
    group = await add_group(town.core, admin, NewGroup(title="readers"))
    await add_members(town.core, admin, group.no, [no])
    for to in (no, group.no, MAIN_ORG, EVERYONE):
        assert await reading(client) == DENIED
        pair = await native(town, to)
        assert await reading(client) == [1], to
        assert await town.admin.get("/shares") == []
        await withdraw(town.core, admin, [pair.share or ""])
    assert await reading(client) == DENIED


async def test_everyone_is_what_the_public_reads(town: Town) -> None:
    """A row shared with everyone is read without a token."""
    await native(town, EVERYONE)
    assert await reading(town.nobody) == [1]


async def test_an_address_that_waits(town: Town) -> None:
    """A share with an address that nobody has verified is nothing here, until an account has it."""
    await native(town, Named("later@example.com", Kind.MAIL))
    assert await town.admin.get("/shares") == []
    made = NewUser(name="later", email="later@example.com", verified=True)
    person = await add_user(town.core, await acting(town.core), made)
    token = await create_token(town.core, Actor(person.no))
    assert await reading(Client(town.app, token.secret)) == [1]


async def test_a_link_of_another_face(town: Town) -> None:
    """It is a share object with all its terms; changed here it is changed there, and what is not named stays."""
    now = town.clock()
    terms = Terms(starts=now - 1000, until=now + 86_400_000, max_uses=5, password="secret", note="for you")
    pair = await native(town, LINK, terms=terms, reach=Reach.RELATIONS)
    shown = await town.admin.get(f"/shares/{pair.share}", fields="*,user_created.email,role.name")
    assert (shown["name"], shown["password"], shown["max_uses"], shown["times_used"]) == ("for you", "*" * 10, 5, 0)
    assert (shown["role"], shown["user_created"]) == ({"name": "viewer"}, {"email": "admin@example.com"})
    assert shown["date_start"] < shown["date_created"] < shown["date_end"]
    assert (shown["collection"], shown["item"]) == ("articles", "1")

    assert (await town.admin("PATCH", f"/shares/{pair.share}", {"name": "for all"})).data["name"] == "for all"
    there = await known(town, pair.share or "")
    assert (there.note, there.share.max_uses, there.share.role) == ("for all", 5, Role.VIEWER)
    assert (await enter(town, pair.share or "", "secret")).status == 200
    assert (await known(town, pair.share or "")).used == 1

    await amend(town.core, town.actor("admin"), pair.share or "", terms=Terms(max_uses=9, note=None))
    again = await town.admin.get(f"/shares/{pair.share}")
    assert (again["max_uses"], again["name"]) == (9, None)
    await withdraw(town.core, town.actor("admin"), [pair.share or ""])
    assert (await town.admin("GET", f"/shares/{pair.share}")).refused[:2] == DENIED


async def test_a_share_of_this_face_elsewhere(town: Town) -> None:
    """It is a link there, with its note and terms; opened there it counts here; ended here it is over there."""
    uid = await share(town, role=await role(town, *reads("articles")), name="hello", max_uses=2)
    there = await known(town, uid)
    assert (there.share.kind, there.note, there.share.face, there.state) == (Kind.LINK, "hello", "directus", "open")
    opened = await open_share(town.core, Actor(), by_secret(secret_of(town.core, there.share)))
    assert opened.right.may(Action.READ)
    assert not opened.right.may(Action.WRITE)
    assert (await town.admin.get(f"/shares/{uid}"))["times_used"] == 1
    assert (await town.admin("DELETE", f"/shares/{uid}")).status == 204
    with pytest.raises(Problem, match="unknown_share"):
        await known(town, uid)


@pytest.mark.parametrize("given", Role)
async def test_roles_of_links(town: Town, given: Role) -> None:
    """Each role of a link is a role of that name, and sent back it stays what it is; reading is all a token does."""
    pair = await native(town, LINK, role=given, reach=Reach.RELATIONS)
    shown = await town.admin.get(f"/shares/{pair.share}", fields="role.id,role.name")
    assert shown["role"]["name"] == given
    await town.admin("PATCH", f"/shares/{pair.share}", {"role": shown["role"]["id"], "max_uses": 3})
    kept = (await known(town, pair.share or "")).share
    assert (kept.role, kept.acts_as, kept.max_uses) == (given, None, 3)
    reader = await inside(town, pair.share or "")
    assert await reading(reader) == (DENIED if given is Role.UPLOADER else [1])
    assert (await reader("PATCH", "/items/articles/1", {"title": "mine"})).refused[:2] == DENIED


async def test_what_cannot_be_said_here_stays(town: Town) -> None:
    """Uses that are counted from anew elsewhere, and whom a link is bounded by, survive a change made here."""
    uid = await share(town, role=await role(town, *reads("articles")), max_uses=4)
    before = (await known(town, uid)).share
    await amend_all(town.core, town.actor("admin"), [Amendment(uid, used=3)])
    assert (await town.admin("PATCH", f"/shares/{uid}", {"date_end": "2051-01-01"})).data["times_used"] == 3
    after = (await known(town, uid)).share
    assert (after.acts_as, after.mask, after.reach, after.made_by) == (
        before.acts_as,
        before.mask,
        before.reach,
        before.made_by,
    )


async def test_folders_and_entries_are_rows(town: Town) -> None:
    """What is no record is a row of a collection of its own, shared like one, and read by the share's token."""
    admin = town.actor("admin")
    folder = await make_folder(town.core, admin, Path(("admin",)), "plans")
    entry = await make_entry(
        town.core, admin, Path(("admin",)), type="board", key="7", title="Plan", url="https://x.example/7"
    )
    for collection, thing in (("commonhold_folders", folder), ("commonhold_entries", entry)):
        row = await town.admin.get(f"/items/{collection}/{thing.uid}")
        assert row["name"] == thing.name
        uid = await share(town, collection=collection, item=thing.uid, role=None)
        there = await known(town, uid)
        assert there.item.uid == thing.uid
        listed = await town.admin.get("/shares", filter={"item": {"_eq": thing.uid}}, fields="collection")
        assert listed == [{"collection": collection}]
