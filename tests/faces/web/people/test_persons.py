"""People, organisations and their limits, as their administrators look after them."""

from tests.faces.web.reading import read
from tests.faces.web.site import PASSWORD, Browser, Site

from commonhold.core.directory.orgs import add_org
from commonhold.core.directory.people import NewUser, add_user, get_user
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.identity import Named
from commonhold.core.model import Outbox, Principal, State
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Kind, OrgRole, Role

NEW = {"name": "carol", "email": "carol@example.org", "password": PASSWORD, "kind": "user", "org": ""}


async def root_of(site: Site) -> Browser:
    """The administrator's browser."""
    visitor = site.visitor()
    await visitor.sign_in("root")
    return visitor


async def uid_of(site: Site, name: str) -> str:
    """The uid of a person."""
    return (await get_user(site.core, OPERATOR, Named(name, Kind.USER))).uid


async def test_a_person_is_made_found_and_changed(site: Site) -> None:
    """From the form to the page, with what was refused said beside it; and the list finds her."""
    root = await root_of(site)
    refused = await root.post("/app/people", {**NEW, "name": "bob"})
    page = read(refused)
    assert (refused.status_code, "This name is taken" in page.text) == (409, True)
    assert next(one for one in page.all("input") if one["id"] == "add-name")["aria-invalid"] == "true"
    kept = {one["id"]: one["value"] for one in page.all("input") if one["id"].startswith("add-")}
    assert (kept["add-email"], kept["add-password"]) == ("carol@example.org", "")
    done = await root.post("/app/people", NEW)
    where = done.headers["location"]
    assert (done.status_code, where) == (303, f"/app/people/{await uid_of(site, 'carol')}")
    page = read(await root.get(where))
    assert "carol@example.org" in {one.get("value") for one in page.all("input")}
    found = read(await root.get("/app/people?q=ca"))
    assert "carol" in found.text
    assert "alice" not in found.text
    edited = {"name": "caro", "email": "carol@example.org", "first_name": "Carol", "last_name": "", "kind": "viewer"}
    assert (await root.post(where, {**edited, "verified": "yes", "org": "", "admin": "yes"})).status_code == 303
    caro = await get_user(site.core, OPERATOR, Named("caro", Kind.USER))
    assert (caro.first_name, caro.verified, caro.admin, caro.org) == ("Carol", True, True, None)


async def test_without_a_password_a_letter_invites(hut: Site) -> None:
    """Who has neither password nor address is refused; with an address alone he is invited, guests too."""
    root = await root_of(hut)
    refused = await root.post("/app/people", {"name": "gast"})
    assert refused.status_code == 400
    await root.post("/app/people", {"name": "gast", "email": "gast@example.org", "kind": "guest"})
    gast = await get_user(hut.core, OPERATOR, Named("gast", Kind.USER))
    assert (gast.external, gast.state, gast.org) == (True, State.PENDING, None)
    kinds = [row.kind for row in await hut.core.store.rows(machine(), Rows(Outbox, ()))]
    assert kinds == ["invite"]
    for which in ("guests", "invited"):
        page = read(await root.get(f"/app/people?which={which}"))
        assert ("gast" in page.text, "alice" in page.text) == (True, False)


async def test_a_suspension_is_felt_by_the_next_request(site: Site) -> None:
    """What Bob has open is shut, his log-in refused; the end of it opens it again."""
    root, bob = await root_of(site), site.visitor()
    await bob.sign_in("bob")
    where = f"/app/people/{await uid_of(site, 'bob')}"
    assert (await root.post(where + "/state", {"state": "suspended"})).status_code == 303
    assert (await bob.get("/app/account")).status_code == 303
    assert (await bob.post("/app/sign-in", {"name": "bob", "password": PASSWORD})).status_code == 403
    assert "suspended" in read(await root.get(where)).text
    await root.post(where + "/state", {"state": "active"})
    await bob.sign_in("bob")


async def test_the_last_administrator_stays(hut: Site) -> None:
    """Nobody locks everybody out: the reason stands on the page."""
    root = await root_of(hut)
    where = f"/app/people/{await uid_of(hut, 'root')}"
    refused = await root.post(where + "/state", {"state": "suspended"})
    assert (refused.status_code, "last administrator" in read(refused).text) == (409, True)
    assert not [one for one in read(refused).links() if one.endswith("/delete")]


async def test_password_and_sessions_of_somebody(hut: Site) -> None:
    """An administrator sets a password and logs somebody out: each ends what was handed out."""
    root, bob = await root_of(hut), hut.visitor()
    await bob.sign_in("bob")
    where = f"/app/people/{await uid_of(hut, 'bob')}"
    assert (await root.post(where + "/password", {"password": "short"})).status_code == 400
    await root.post(where + "/password", {"password": "another password"})
    assert (await bob.get("/app/account")).status_code == 303
    await bob.sign_in("bob", "another password")
    await root.post(where + "/leave")
    assert (await bob.get("/app/account")).status_code == 303


async def test_an_account_is_deleted_with_or_without_what_it_owns(hut: Site) -> None:
    """Asked first; given away, Alice's files are Bob's."""
    root = await root_of(hut)
    file = await hut.file("a.txt")
    where = f"/app/people/{await uid_of(hut, 'alice')}/delete"
    assert "goes to somebody else" in read(await root.get(where)).text
    for given in ({}, {"fate": "give"}, {"fate": "give", "to": "nobody"}):
        assert (await root.post(where, given)).status_code in (400, 404)
    assert (await root.post(where, {"fate": "give", "to": "bob"})).status_code == 303
    bob = hut.visitor()
    await bob.sign_in("bob")
    assert (await bob.get(f"/app/items/{file.uid}")).status_code == 200
    assert (await root.get(where)).status_code == 404


async def test_limits_of_one_person(hut: Site) -> None:
    """Set, shown again, and taken away; what is finer than the form stays."""
    root = await root_of(hut)
    where = f"/app/people/{await uid_of(hut, 'alice')}"
    assert (await root.post(where + "/limits", {"days": "many"})).status_code == 400
    assert (await root.post(where + "/limits", {"days": "9" * 17})).status_code == 400
    given = {"make": "yes", "kinds": "user", "days": "30", "domains": "Example.org, !b@example.org", "gigabytes": "2"}
    assert (await root.post(where + "/limits", given)).status_code == 303
    page = read(await root.get(where))
    shown = {one["id"]: one for one in page.all("input") if one.get("id", "").startswith("limits-")}
    assert (shown["limits-days"]["value"], shown["limits-gigabytes"]["value"]) == ("30", "2")
    assert shown["limits-domains"]["value"] == "!b@example.org, example.org"
    assert [one for one in shown if "checked" in shown[one]] == ["limits-make", "limits-user"]
    file = await hut.file("a.txt")
    alice = hut.visitor()
    await alice.sign_in("alice")
    assert (await hut.core.store.rows(machine(), Rows(Outbox, ()))) == []
    asked = {"items": [file.uid], "recipients": [{"kind": "link"}], "role": Role.VIEWER}
    done = await alice.http.post("/api/v1/shares", json=asked, headers={"origin": alice.base})
    assert "kind_not_allowed" in done.text
    await root.post(where + "/limits", {"drop": "yes"})
    assert "limits-link" in {one.get("id") for one in read(await root.get(where)).all("input") if "checked" in one}


async def test_an_administrator_of_an_organisation_sees_his_own(site: Site) -> None:
    """Its people, its page, its limits; of others nothing, and nothing of the installation."""
    org = await add_org(site.core, site.root, "Annex")
    other = await add_org(site.core, site.root, "Other")
    for name, rank in (("boss", OrgRole.ADMINISTRATOR), ("ann", OrgRole.USER)):
        new = NewUser(name=name, password=PASSWORD, org=org.no, org_role=rank)
        await add_user(site.core, site.root, new)
    boss = site.visitor()
    await boss.sign_in("boss")
    page = read(await boss.get("/app/people"))
    assert ("ann" in page.text, "alice" in page.text) == (True, False)
    assert (await boss.get(f"/app/people/{await uid_of(site, 'alice')}")).status_code == 404
    assert (await boss.get("/app/orgs")).headers["location"] == f"/app/orgs/{org.uid}"
    assert (await boss.get(f"/app/orgs/{other.uid}")).status_code == 404
    for path in ("/app/settings", "/app/audit"):
        assert (await boss.get(path)).status_code == 403
    assert (await boss.post(f"/app/orgs/{org.uid}/limits", {"make": "yes"})).status_code == 303
    assert (await boss.post(f"/app/orgs/{other.uid}/limits", {"make": "yes"})).status_code in (403, 404)
    ann = f"/app/people/{await uid_of(site, 'ann')}"
    edit = {"name": "ann", "kind": "viewer", "email": "", "first_name": "Ann", "last_name": ""}
    assert (await boss.post(ann, edit)).status_code == 303
    assert (await boss.post(ann, {**edit, "org": "", "admin": "yes"})).status_code == 403
    made = await boss.post("/app/people", {"name": "new", "password": PASSWORD, "kind": "user"})
    assert made.status_code == 303
    assert (await get_user(site.core, OPERATOR, Named("new", Kind.USER))).org == org.no
    assert (await boss.post("/app/people", {"name": "n2", "password": PASSWORD, "admin": "yes"})).status_code == 403
    assert (await boss.post(f"/app/people/{await uid_of(site, 'alice')}/state", {})).status_code in (403, 404)


async def test_organisations_are_made_and_named(hut: Site) -> None:
    """An administrator makes one, renames it; a title that is taken is refused on the page."""
    root = await root_of(hut)
    done = await root.post("/app/orgs", {"title": "Annex"})
    where = done.headers["location"]
    assert (await root.post("/app/orgs", {"title": "annex"})).status_code == 409
    assert (await root.post(where, {"title": ""})).status_code == 400
    assert (await root.post(where, {"title": "Annexe"})).status_code == 303
    assert "Annexe" in read(await root.get("/app/orgs")).text
    assert (await root.post("/app/people", {**NEW, "org": where.rpartition("/")[2]})).status_code == 303


async def test_nobody_else_looks_after_people(hut: Site) -> None:
    """A person is refused every page and form; nobody is asked to log in."""
    bob, uid = hut.visitor(), await uid_of(hut, "alice")
    for path in ("/app/people", f"/app/people/{uid}", "/app/orgs", "/app/settings", "/app/audit", "/app/shares"):
        assert (await bob.get(path)).headers["location"].startswith("/app/sign-in")
    await bob.sign_in("bob")
    for path in ("/app/people", f"/app/people/{uid}", "/app/orgs", "/app/settings", "/app/audit", "/app/shares"):
        assert (await bob.get(path)).status_code == 403
    for path in ("/app/people", f"/app/people/{uid}/state", f"/app/people/{uid}/password", "/app/settings"):
        assert (await bob.post(path, {"name": "x", "password": "12345678"})).status_code == 403
    rows = await hut.core.store.rows(machine(), Rows(Principal, ()))
    assert [row.state for row in rows if row.kind is Kind.USER] == [State.ACTIVE] * 3
    other = await bob.http.post("/app/people", headers={"origin": "http://elsewhere.example"})
    assert other.status_code == 403


async def test_many_people_are_paged_by_key(hut: Site) -> None:
    """A hundred a page, the next one from where the last ended; an odd place is refused."""
    for number in range(105):
        await add_user(hut.core, OPERATOR, NewUser(name=f"p{number:03}"))
    root = await root_of(hut)
    page = read(await root.get("/app/people?q=p"))
    more = next(one for one in page.links() if "after=" in one)
    assert len([one for one in page.links() if one.startswith("/app/people/")]) == 100
    rest = read(await root.get(more))
    assert len([one for one in rest.links() if one.startswith("/app/people/")]) == 5
    for odd in ("x", "5", '["a"]', "[[1],2]"):
        assert (await root.get(f"/app/people?q=p&after={odd}")).status_code == 400
