"""Clients begin at the root and follow links: each of them leads on, for every kind of user, in JSON and XML."""

import pytest
from tests.faces.filr.following import follow
from tests.faces.filr.town import Client, Town

from commonhold.core.content.making import make_entry
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor, Named, Path
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.terms import Terms
from commonhold.faces.filr.face import FACE
from commonhold.faces.web.face import FACE as WEB
from commonhold.http.app import build_app

A, DOCS = "/alice/a.txt", "/alice/docs"
EVERYBODY = ("root", "alice", "bob", "carol", "dave", "mallory", "ext", "gina")


async def crowd(town: Town) -> None:
    """Share everything with everybody in every way, so that there is something to follow; and let Gina in."""
    now = town.clock()
    root, alice = town.actor("root"), town.actor("alice")
    gina = await add_user(town.core, root, NewUser(name="gina", password="guest of the house", external=True))
    town.numbers["gina"] = gina.no
    town.clients["gina"] = Client(town.app, "gina", (await create_token(town.core, Actor(gina.no))).secret)
    for path, to, role in (
        (DOCS, town.no("team"), Role.CONTRIBUTOR),
        (DOCS, town.no("ext"), Role.VIEWER),
        (DOCS, MAIN_ORG, Role.PREVIEWER),
        (A, EVERYONE, Role.VIEWER),
        (A, LINK, Role.VIEWER),
        (A, Named("pending@elsewhere.example", Kind.MAIL), Role.EDITOR),
        ("/alice/docs/deep/d.txt", town.no("bob"), Role.MANAGER),
        ("/alice/docs/deep", town.no("gina"), Role.UPLOADER),
        ("/alice/paint", town.no("carol"), Role.VIEWER),
        ("/mallory/secret.txt", town.no("alice"), Role.EDITOR),
    ):
        await town.give(path, to, role, terms=Terms(until=now + 10**9, note="for you"))
    await town.give("/alice/b.txt", LINK, terms=Terms(password="sesame", max_uses=3))
    entry = await make_entry(town.core, alice, Path(("alice",)), type="board", key="7", title="Plan <&>")
    shared = await propose(town.core, root, Proposal((Asked(entry.no),), (town.no("bob"),)))
    assert shared.refused() is None
    passed = Proposal((Asked(town.items["/alice/docs/deep/d.txt"].uid),), (town.no("carol"),))
    assert (await propose(town.core, town.actor("bob"), passed)).refused() is None
    await town.give("/alice/b.txt", "dave", terms=Terms(until=now + 5))
    town.clock.advance(10)


@pytest.mark.parametrize(
    ("who", "form"),
    [
        pytest.param(who, form, marks=() if (who, form) == ("bob", "json") else pytest.mark.slow)
        for who in EVERYBODY
        for form in ("json", "xml")
    ],
)
async def test_every_link_leads_on(town: Town, who: str, form: str) -> None:
    """From the root, as each kind of user: everything that a reply names is there for him."""
    await crowd(town)
    client = town.clients[who].speaking(form)
    client.http = Client(build_app(town.core, [FACE, WEB]), client.name, client.password, form).http
    found = await follow(client)
    lost = [f"{path}: {reply}" for path, reply in found.items() if reply.status not in (200, 303)]
    assert "\n".join(lost) == ""
    assert len(found) > (20 if who == "gina" else 40)


@pytest.mark.slow
async def test_what_is_reached_by_links_alone(town: Town) -> None:
    """A recipient comes to the bytes of what was shared with him, the owner to his own, without knowing a path."""
    await crowd(town)
    for who, least in (("alice", 5), ("bob", 3), ("ext", 2)):
        found = await follow(town.clients[who])
        contents = [reply for path, reply in found.items() if "/files/" in path and reply.text == "hello"]
        assert len(contents) >= least


@pytest.mark.slow
async def test_what_somebody_must_not_see_is_no_link(town: Town) -> None:
    """Following links, a stranger meets nothing of others' but what everyone, or everybody inside, may see."""
    await crowd(town)
    found = await follow(town.mallory)
    told = "".join(reply.text for reply in found.values())
    for path in ("/alice/b.txt", "/alice/read.txt", "/alice/paint"):
        assert town.items[path].uid not in told
    assert all(town.items[path].uid in told for path in (A, "/alice/docs/deep/d.txt", "/mallory/secret.txt"))
