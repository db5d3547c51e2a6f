"""Coming in: the first administrator, log-in and log-out, and the one-time pages that mails point to."""

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import PASSWORD, Browser, Site

from commonhold.core.directory.claims import mail_of
from commonhold.core.directory.installation import setup_secret
from commonhold.core.directory.letters import ENTRY, INVITE, RESET, VERIFY, letter_secret
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.identity import Named
from commonhold.core.limits import Limits
from commonhold.core.model import Outbox, Profile
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.roles import Kind
from commonhold.testing.core import make_core

NEW = {"name": "first", "email": "first@example.org", "password": "a long password"}


async def page_of(visitor: Browser) -> str:
    """Return the text of the page that one comes to after log-in."""
    reply = await visitor.get("/app")
    return read(reply).text if reply.status_code == 200 else reply.headers["location"]


async def letters(site: Site) -> list[str]:
    """Return the kinds of letters that wait."""
    found: list[Outbox] = await site.core.store.rows(machine(), Rows(Outbox, ()))
    return sorted(row.kind for row in found)


async def test_the_first_administrator_makes_himself() -> None:
    """The set-up page works once: it makes the administrator and logs him in; a second time it says why not."""
    core = make_core()
    secret = await setup_secret(core)
    site = Site(core)
    visitor = site.visitor()
    path = f"/app/setup/{secret}"
    assert [one["name"] for one in read(await visitor.get(path)).all("input")] == ["name", "email", "password"]
    short = await visitor.post(path, {**NEW, "password": "short"})
    assert (short.status_code, "at least 8 characters" in read(short).text) == (400, True)
    kept = {one["name"]: one["value"] for one in read(short).all("input")}
    assert kept == {"name": "first", "email": "first@example.org", "password": ""}
    assert read(short).all("input")[2]["aria-invalid"] == "true"
    done = await visitor.post(path, NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/app")
    assert "first" in await page_of(visitor)
    again = await site.visitor().post(path, NEW)
    assert again.status_code in (409, 410)


async def test_an_unknown_set_up_link_makes_nobody(hut: Site) -> None:
    """Somebody who guesses is told that the link is spent."""
    refused = await hut.visitor().post("/app/setup/guess", NEW)
    assert (refused.status_code, "It was used before" in read(refused).text) == (410, True)


async def test_log_in_and_out(site: Site) -> None:
    """The session is a new one each time, out of reach of scripts, and dead after log-out wherever it was copied to."""
    visitor, thief = site.visitor(), site.visitor()
    assert await page_of(visitor) == "/app/sign-in"
    visitor.http.cookies.set("commonhold_session", "chosen by somebody else", domain="files.example")
    done = await visitor.sign_in("alice@example.org")
    cookie = done.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "chosen" not in cookie
    thief.http.headers["cookie"] = cookie.partition(";")[0]
    assert "alice" in await page_of(thief)
    assert (await visitor.get("/app/sign-in")).headers["location"] == "/app"
    out = await visitor.post("/app/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/app/sign-in")
    assert await page_of(thief) == await page_of(visitor) == "/app/sign-in"
    assert (await visitor.post("/app/sign-out")).status_code == 303


async def test_wrong_names_and_passwords_look_alike(site: Site) -> None:
    """Neither tells which of both was wrong; the name is kept in the form, the password is not."""
    replies = [
        await site.visitor().post("/app/sign-in", {"name": name, "password": password})
        for name, password in (("alice", "wrong"), ("nobody", PASSWORD), ("", ""))
    ]
    assert {reply.status_code for reply in replies} == {403}
    texts = {reply.text.replace('value="alice"', 'value=""').replace('value="nobody"', 'value=""') for reply in replies}
    assert len(texts) == 1
    assert "set-cookie" not in replies[0].headers


async def test_guessing_passwords_ends() -> None:
    """Too many tries close the form for a while, and say for how long."""
    site = await Site.found(make_core(limits=Limits(login_tries=1)))
    visitor = site.visitor()
    for _ in range(3):
        refused = await visitor.post("/app/sign-in", {"name": "alice", "password": "wrong"})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 1


async def test_log_in_leads_back_to_where_one_came_from(site: Site) -> None:
    """The page of a mail asks for log-in first and comes back; an address of somebody else is never followed."""
    file = await site.file("for bob.txt")
    await site.share(file, Named("bob", Kind.USER))
    visitor = site.visitor()
    sent = await visitor.get(f"/app/items/{file.uid}")
    assert sent.headers["location"] == f"/app/sign-in?next=/app/items/{file.uid}"
    form = read(await visitor.get(sent.headers["location"]))
    assert form.all("input")[0] == {"type": "hidden", "name": "next", "value": f"/app/items/{file.uid}"}
    fields = {"name": "bob", "password": PASSWORD, "next": f"/app/items/{file.uid}"}
    done = await visitor.post("/app/sign-in", fields)
    assert done.headers["location"] == f"/app/items/{file.uid}"
    for evil in (
        "https://evil.example/",
        "//evil.example",
        "/app/../s",
        "/app/a/b/c/d/e",
        "/app/items/x\r\nx: y",
        "/s/x",
    ):
        done = await site.visitor().post("/app/sign-in", {**fields, "next": evil})
        assert done.headers["location"] == "/app"


@pytest.mark.parametrize("path", ["/app/sign-in", "/app/sign-out", "/app/forgotten", "/app/enter/x", "/app/reset/x"])
async def test_forms_of_other_sites_are_refused(hut: Site, path: str) -> None:
    """Another site can log nobody in or out, and ask for no letter, with cookies or without."""
    visitor = hut.visitor()
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        fields = {"name": "alice", "password": PASSWORD}
        refused = await visitor.post(path, fields, headers=headers)
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers
    await visitor.sign_in("alice")
    assert (await visitor.post(path, headers={"origin": "https://evil.example"})).status_code == 403
    assert "alice" in await page_of(visitor)


async def test_a_forgotten_password_is_asked_for_alike_by_everybody(site: Site) -> None:
    """The page says the same of names that exist and of names that do not; a letter goes to the former only."""
    before = await letters(site)
    replies = [await site.visitor().post("/app/forgotten", {"name": name}) for name in ("alice", "nobody")]
    assert len({reply.text for reply in replies}) == 1
    assert (replies[0].status_code, "is on its way" in read(replies[0]).text) == (200, True)
    assert await letters(site) == sorted([*before, RESET])


async def test_a_new_password_is_set_by_mail(site: Site) -> None:
    """GET changes nothing; the form sets the password, logs in, ends other sessions, and works once."""
    old = site.visitor()
    await old.sign_in("alice")
    path = f"/app/reset/{await letter_secret(site.core, RESET, site.alice.user or 0)}"
    visitor = site.visitor()
    for _ in range(2):
        assert [one["type"] for one in read(await visitor.get(path)).all("input")] == ["password"]
    assert (await visitor.post(path, {"password": "short"})).status_code == 400
    assert (await visitor.post(path, {"password": "battery staple"})).status_code == 303
    assert "alice" in await page_of(visitor)
    assert await page_of(old) == "/app/sign-in"
    assert (await site.visitor().post(path, {"password": "again and again"})).status_code == 410
    await site.visitor().sign_in("alice", "battery staple")


async def test_an_invited_person_begins_with_a_password(site: Site) -> None:
    """The letter of an invitation leads to the same page; what was shared with the address is his then."""
    dora = await add_user(site.core, site.root, NewUser(name="dora", email="dora@example.org", invited=True))
    await site.share(await site.file("for dora.txt"), Named("dora@example.org", Kind.MAIL))
    visitor = site.visitor()
    path = f"/app/reset/{await letter_secret(site.core, INVITE, dora.no)}"
    assert (await visitor.post(path, {"password": "battery staple"})).status_code == 303
    assert "for dora.txt" in await page_of(visitor)


async def test_an_address_is_confirmed_by_a_button(site: Site) -> None:
    """Opening the page confirms nothing, as mail programs open it by themselves; the button does, once."""
    eve = await add_user(site.core, site.root, NewUser(name="eve", email="eve@example.org", password=PASSWORD))
    path = f"/app/verify/{await letter_secret(site.core, VERIFY, eve.no)}"
    visitor = site.visitor()

    async def verified() -> bool:
        found: list[Profile] = await site.core.store.rows(machine(), Rows(Profile, (Where("no", "eq", eve.no),)))
        return found[0].verified

    await visitor.get(path)
    await visitor.get(path, "HEAD")
    assert not await verified()
    assert (await visitor.post(path)).headers["location"] == "/app"
    assert await verified()
    assert (await visitor.post(path)).status_code == 410


async def shared_with_mail(site: Site) -> str:
    """Share a file with an address that has no account; return the path of the page that its letter points to."""
    await site.share(await site.file("for you.txt", b"welcome"), Named("guest@example.com", Kind.MAIL))
    mail = await mail_of(site.core, "guest@example.com")
    return f"/app/enter/{await letter_secret(site.core, ENTRY, mail or 0)}"


async def test_a_guest_comes_in_by_mail(site: Site) -> None:
    """The one-time page of a mail lets the holder of the address in, to what is shared with it and to nothing else."""
    path = await shared_with_mail(site)
    visitor = site.visitor()
    assert "as a guest" in read(await visitor.get(path)).text
    assert (await visitor.post(path)).status_code == 303
    page = read(await visitor.get("/app"))
    assert "for you.txt" in page.text
    assert "Guest" in page.text
    assert "Your files" not in page.text
    item = next(one for one in page.links() if one.startswith("/app/items/"))
    assert "welcome" in read(await visitor.get(item)).text
    assert (await visitor.get(f"{item}/content")).content == b"welcome"
    other = await site.file("other.txt")
    assert (await visitor.get(f"/app/items/{other.uid}")).status_code == 404
    assert (await site.visitor().post(path)).status_code == 410
    assert "as a guest" in read(await visitor.get("/app/enter/another")).text


async def test_whoever_is_logged_in_adds_the_address_to_his_account(site: Site) -> None:
    """The same page offers somebody with an account to take what was shared with his other address."""
    path = await shared_with_mail(site)
    visitor = site.visitor()
    await visitor.sign_in("bob")
    assert "to your account" in read(await visitor.get(path)).text
    assert (await visitor.post(path)).headers["location"] == "/app"
    page = await page_of(visitor)
    assert "for you.txt" in page
    assert "bob" in page
    assert (await site.visitor().post(path)).status_code in (403, 410)


async def test_an_address_with_an_account_has_to_log_in(site: Site) -> None:
    """Once an account has verified the address, the letter lets nobody in as a guest."""
    path = await shared_with_mail(site)
    new = NewUser(name="gus", email="guest@example.com", password=PASSWORD, verified=True)
    await add_user(site.core, site.root, new)
    refused = await site.visitor().post(path)
    assert refused.status_code in (403, 410)
    assert "set-cookie" not in refused.headers
