"""One's own account: names, address, password, tokens, sessions, notifications."""

import httpx2
import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import PASSWORD, Browser, Site

from commonhold.core.directory.letters import ENTRY, VERIFY, letter_secret
from commonhold.core.directory.people import get_user
from commonhold.core.directory.reading import one
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.identity import Named
from commonhold.core.model import Credential, Outbox, Profile
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Kind
from commonhold.http.credentials import SESSION_COOKIE

DAY = 86_400_000


async def enter(site: Site, name: str = "bob") -> Browser:
    """Somebody's browser."""
    visitor = site.visitor()
    await visitor.sign_in(name)
    return visitor


async def bearer(site: Site, token: str, method: str = "GET", path: str = "/api/v1/session", **more: object) -> int:
    """Let a program ask by a token, as curl does; return the status."""
    transport = httpx2.ASGITransport(app=site.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://files.example") as client:
        headers = {"authorization": f"Bearer {token}"}
        return (await client.request(method, path, headers=headers, **more)).status_code  # type: ignore[arg-type]


async def test_names_and_address(site: Site) -> None:
    """Changed names are shown everywhere; a new address asks to be confirmed, by a letter that can be sent again."""
    bob = await enter(site)
    given = {"first_name": "Bob", "last_name": "Builder", "email": "bob@example.org"}
    assert (await bob.post("/app/account", given)).headers["location"] == "/app/account?done=names"
    page = read(await bob.get("/app/account"))
    assert "Bob Builder" in " ".join(page.texts)
    assert "not confirmed" not in page.text
    refused = await bob.post("/app/account", {**given, "email": "alice@example.org"})
    assert (refused.status_code, "belongs to an account" in read(refused).text) == (409, True)
    assert next(one for one in read(refused).all("input") if one["name"] == "email")["aria-invalid"] == "true"
    await bob.post("/app/account", {**given, "email": "b@example.org"})
    assert "not confirmed" in read(await bob.get("/app/account")).text
    assert (await bob.post("/app/account/verify")).status_code == 303
    kinds = [row.kind for row in await site.core.store.rows(machine(), Rows(Outbox, ()))]
    assert kinds == [VERIFY, VERIFY]
    person = await get_user(site.core, OPERATOR, Named("bob", Kind.USER))
    secret = await letter_secret(site.core, VERIFY, person.no)
    assert (await bob.post(f"/app/verify/{secret}")).status_code == 303
    assert "not confirmed" not in read(await bob.get("/app/account")).text


async def test_what_waited_for_an_address_is_there_once_it_is_confirmed(hut: Site) -> None:
    """A share to an address nobody had is the person's with his confirmation."""
    file = await hut.file("waiting.txt", b"for later")
    await hut.share(file, Named("b@example.com", Kind.MAIL))
    bob = await enter(hut)
    await bob.post("/app/account", {"first_name": "", "last_name": "", "email": "b@example.com"})
    assert "waiting.txt" not in read(await bob.get("/app")).text
    person = await get_user(hut.core, OPERATOR, Named("bob", Kind.USER))
    await bob.post(f"/app/verify/{await letter_secret(hut.core, VERIFY, person.no)}")
    assert "waiting.txt" in read(await bob.get("/app")).text


async def test_a_new_password_ends_everything_else(site: Site) -> None:
    """The browser that changed it stays, under a new session; the other one and a token are out."""
    here, there = await enter(site), await enter(site)
    token = read(await here.post("/app/account/tokens", {"label": "t", "scope": "all", "days": "30"}))
    secret = token.text.partition("Bearer ")[2].partition('"')[0]
    assert await bearer(site, secret) == 200
    wrong = await here.post("/app/account/password", {"old": "guess", "new": "a new password"})
    assert (wrong.status_code, "The password is wrong" in read(wrong).text) == (403, True)
    short = await here.post("/app/account/password", {"old": PASSWORD, "new": "short"})
    assert (short.status_code, {one["value"] for one in read(short).all("input") if one["type"] == "password"}) == (
        400,
        {""},
    )
    before = here.http.cookies[SESSION_COOKIE]
    assert (await here.post("/app/account/password", {"old": PASSWORD, "new": "a new password"})).status_code == 303
    assert here.http.cookies[SESSION_COOKIE] != before
    assert (await here.get("/app/account")).status_code == 200
    assert (await there.get("/app/account")).status_code == 303
    assert await bearer(site, secret) == 401


async def test_a_token_is_shown_once_and_does_what_it_may(site: Site) -> None:
    """Made with a scope and an end, used by a program, listed without its secret, ended."""
    bob = await enter(site)
    given = {"label": "back <up>", "scope": "read", "days": "30"}
    done = await bob.post("/app/account/tokens", given)
    secret = read(done).text.partition("Bearer ")[2].partition('"')[0]
    assert (done.status_code, len(secret) >= 27) == (200, True)
    assert await bearer(site, secret) == 200
    made = await bearer(site, secret, "POST", "/api/v1/tokens", json={"label": "more"})
    assert made == 403
    page = await bob.get("/app/account/access")
    assert "back &lt;up&gt;" in page.text
    assert secret not in page.text
    ends = [one["action"] for one in read(page).all("form") if one["action"].endswith("/end")]
    assert len(ends) == 2
    site.clock.advance(31 * DAY)
    assert await bearer(site, secret) == 401


async def test_tokens_and_sessions_are_ended_one_by_one_and_all(site: Site) -> None:
    """A token; another browser; then everything, this one too. Another person's is not to be ended."""
    bob, other, alice = await enter(site), await enter(site), await enter(site, "alice")
    done = read(await bob.post("/app/account/tokens", {"label": "t", "scope": "all", "days": ""}))
    secret = done.text.partition("Bearer ")[2].partition('"')[0]
    page = read(await bob.get("/app/account/access"))
    ends = [one["action"] for one in page.all("form") if one["action"].endswith("/end")]
    assert len(ends) == 3
    for path in ends:
        assert (await alice.post(path)).status_code == 404
    assert (await bob.post(ends[0])).status_code == 303
    assert await bearer(site, secret) == 401
    assert (await bob.post("/app/account/leave")).headers["location"] == "/app/sign-in"
    for one_of_his in (bob, other):
        assert (await one_of_his.get("/app/account")).status_code == 303
    assert (await alice.get("/app/account")).status_code == 200


@pytest.mark.parametrize("given", [{"scope": "odd", "days": "30"}, {"scope": "all", "days": "-1"}, {}])
async def test_odd_tokens_are_refused(hut: Site, given: dict[str, str]) -> None:
    """A scope or an end that the form does not offer."""
    bob = await enter(hut)
    assert (await bob.post("/app/account/tokens", {"label": "x", **given})).status_code == 400
    assert len(await hut.core.store.rows(machine(), Rows(Credential, ()))) == 1


async def test_notifications_are_listed_and_seen(site: Site) -> None:
    """New ones stand out until they are seen; an item that was taken away is not named any more."""
    file = await site.file("<i>news.txt")
    await site.share(file, Named("bob", Kind.USER))
    bob = await enter(site)
    page = await bob.get("/app/account/notices?which=new")
    assert "alice shared &lt;i&gt;news.txt with you" in page.text
    assert (await bob.post("/app/account/notices")).status_code == 303
    assert "Nothing yet" in read(await bob.get("/app/account/notices?which=new")).text
    assert "news.txt" in read(await bob.get("/app/account/notices")).text


async def test_a_guest_has_no_account(hut: Site) -> None:
    """Whoever came in by a mail sees what he was told, and is refused what accounts have."""
    await hut.share(await hut.file("a.txt"), Named("guest@example.com", Kind.MAIL))
    mail = await one(hut.core, Profile, kind=Kind.MAIL, name_key="guest@example.com")
    assert mail is not None
    guest = hut.visitor()
    await guest.post(f"/app/enter/{await letter_secret(hut.core, ENTRY, mail.no)}")
    for path in ("/app/account", "/app/account/access", "/app/groups"):
        assert (await guest.get(path)).status_code == 403
    assert (await guest.get("/app/account/notices")).status_code == 200
    assert (await guest.post("/app/account/tokens", {"scope": "all", "days": ""})).status_code == 403


async def test_nobody_is_asked_to_log_in(hut: Site) -> None:
    """Each page leads to the log-in, and back from there; a form of nobody's does nothing, nor one of another site."""
    visitor = hut.visitor()
    for path in ("/app/account", "/app/account/access", "/app/account/notices"):
        assert (await visitor.get(path)).headers["location"] == f"/app/sign-in?next={path}"
        again = await visitor.get(f"/app/sign-in?next={path}")
        assert {one["name"]: one["value"] for one in read(again).all("input")}["next"] == path
    for path in ("/app/account", "/app/account/password", "/app/account/tokens", "/app/account/leave"):
        assert (await visitor.post(path, {"old": "x", "new": "y"})).status_code in (401, 403)
    bob = await enter(hut)
    foreign = await bob.http.post("/app/account/leave", headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert (await bob.get("/app/account")).status_code == 200
