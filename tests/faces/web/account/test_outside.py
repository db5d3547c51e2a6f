"""Log-in by OpenID Connect, against a provider on a real port: what it opens, and every lie that it does not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import OctKey
from tests.faces.web.account.provider import CLIENT, SECRET, Provider, key_of
from tests.faces.web.reading import read
from tests.faces.web.site import HOST, Browser, Site
from tests.http.peer import serving

from commonhold.core.directory.accounts import UserChange, change_user, suspend
from commonhold.core.directory.people import get_user
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.identity import Named
from commonhold.core.model import OutsideLogin
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Kind
from commonhold.settings.values import Oidc, Secret, Settings
from commonhold.testing.core import make_core

pytestmark = pytest.mark.slow  # a provider on a port for each; what its word is worth, tests of the core ask

BACK = f"{HOST}/app/sign-in/back"


class Town:
    """A site that knows a provider."""

    def __init__(self, site: Site, provider: Provider) -> None:
        """Begin with both."""
        self.site = site
        self.provider = provider

    async def leave(self, visitor: Browser, path: str = "/app/sign-in/outside") -> str:
        """Press the button of the log-in page; return where the provider sends the browser back to."""
        sent = await visitor.get(path)
        assert sent.status_code == 303, sent.text
        return await self.at_provider(sent.headers["location"])

    async def at_provider(self, address: str) -> str:
        """Log in at the provider."""
        async with httpx2.AsyncClient(verify=False) as client:
            back = (await client.get(address)).headers["location"]
        assert back.startswith(BACK)
        return back.removeprefix(HOST)

    async def enter(self, visitor: Browser, path: str = "/app/sign-in/outside") -> httpx2.Response:
        """Log in by the provider."""
        return await visitor.get(await self.leave(visitor, path))

    async def refused(self, code: int, text: str) -> None:
        """Look that a log-in is refused, and that nobody is logged in by it."""
        visitor = self.site.visitor()
        reply = await self.enter(visitor)
        assert (reply.status_code, text in read(reply).text) == (code, True), reply.text
        assert (await visitor.get("/app/account")).status_code == 303

    async def links(self) -> int:
        """Count the links that are kept."""
        return len(await self.site.core.store.rows(machine(), Rows(OutsideLogin, ())))


async def found(oidc: dict[str, Any] | None = None) -> AsyncIterator[Town]:
    """Start a provider, and a site that knows it."""
    provider = Provider(BACK)
    async with serving(provider.app) as port:
        provider.issuer = f"http://127.0.0.1:{port}"
        known = Oidc(provider.issuer, CLIENT, Secret(SECRET), "Staff", **(oidc or {}))
        core = make_core()
        provider.now = lambda: core.clock() // 1000
        site = await Site.found(core, Settings(base_url=HOST, oidc=known))
        yield Town(site, provider)


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    """A site that lets those in who have an account."""
    async for one in found():
        yield one


@pytest.fixture
async def open_town() -> AsyncIterator[Town]:
    """A site that makes accounts for addresses of one domain."""
    async for one in found({"create": True, "domains": ("example.org",)}):
        yield one


async def test_a_verified_address_opens_its_account(town: Town) -> None:
    """From the log-in page by the provider to the page one came for; then the subject alone is enough."""
    visitor = town.site.visitor()
    page = read(await visitor.get("/app/sign-in?next=/app/account"))
    button = next(one for one in page.links() if "outside" in one)
    assert "Log in with Staff" in page.text
    done = await town.enter(visitor, button)
    assert (done.status_code, done.headers["location"]) == (303, "/app/account")
    assert "alice" in read(await visitor.get("/app/account")).text
    town.provider.person = {"sub": "s1"}
    again = town.site.visitor()
    assert (await town.enter(again)).headers["location"] == "/app"
    assert "alice" in read(await again.get("/app/account")).text
    assert await town.links() == 1
    assert town.provider.asked == ["discovery", "keys"], "what the provider tells of itself is asked for once"


async def test_the_provider_gets_what_the_standard_asks_for(town: Town) -> None:
    """Each log-in has its own state, nonce and challenge; none of them is the secret in the cookie."""
    seen: set[str] = set()
    for _ in range(2):
        visitor = town.site.visitor()
        sent = await visitor.get("/app/sign-in/outside?next=https://evil.example")
        query = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}
        cookie = sent.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "Path=/app/sign-in/back" in cookie
        assert query["redirect_uri"] == BACK
        assert query["code_challenge_method"] == "S256"
        mine = {query[name] for name in ("state", "nonce", "code_challenge")}
        assert len(mine) == 3
        assert not [one for one in mine if one in cookie]
        assert not mine & seen
        seen |= mine


NOW = 1_800_000_000


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": None},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"exp": NOW - 120},
        {"exp": None},
        {"iat": None},
        {"nbf": NOW + 3_600},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"sub": None},
        {"sub": 7},
        {"at_hash": "wrong"},
        {"exp": "soon"},
        {"iat": NOW + 3_600},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_this_log_in_is_refused(town: Town, lie: dict[str, Any]) -> None:
    """Another nonce, audience, issuer, a time that is over: nobody is logged in, nothing is linked."""
    town.provider.lies["token"] = lie
    await town.refused(403, "Nobody was logged in")
    assert await town.links() == 0


async def test_a_token_that_the_provider_did_not_sign_is_refused(town: Town) -> None:
    """Another key under the same name, a secret key, no signature; a new key of the provider's is taken."""
    town.provider.lies["key"] = key_of("somebody else")
    await town.refused(403, "Nobody was logged in")
    town.provider.lies["key"] = OctKey.import_key("a key that is only a text, and long enough for it")
    town.provider.header = {"alg": "HS256"}
    await town.refused(403, "Nobody was logged in")
    town.provider.lies.pop("key")
    town.provider.header = {"alg": "none"}
    await town.refused(403, "Nobody was logged in")
    assert await town.links() == 0


@pytest.mark.parametrize(
    "back", [{"state": "another"}, {"state": ""}, {"iss": "https://elsewhere.example"}, {"code": ""}, {"code": "wrong"}]
)
async def test_what_comes_back_has_to_be_what_was_sent(town: Town, back: dict[str, str]) -> None:
    """Another state, another issuer beside the code (RFC 9207), a code that is none."""
    town.provider.lies["back"] = back
    await town.refused(403, "Nobody was logged in")


async def test_a_log_in_is_bound_to_the_browser_that_began_it(town: Town) -> None:
    """Another browser cannot end it, with or without a log-in of its own under way; and it counts once."""
    visitor, other = town.site.visitor(), town.site.visitor()
    back = await town.leave(visitor)
    assert (await other.get(back)).status_code == 403
    await town.leave(other)
    assert (await other.get(back)).status_code == 403
    assert (await visitor.get(back)).status_code == 303
    assert (await visitor.get(back)).status_code == 403
    assert (await town.site.visitor().get("/app/sign-in/back")).status_code == 403


async def test_an_unverified_address_takes_nothing_over(open_town: Town) -> None:
    """Neither Alice's account, nor a new one, nor by a text where the standard has a truth value."""
    for verified in (False, None, "true", 1):
        person = {"sub": "s9", "email": "alice@example.org"}
        open_town.provider.person = person if verified is None else {**person, "email_verified": verified}
        await open_town.refused(403, "Your address is not confirmed")
    assert await open_town.links() == 0


async def test_accounts_are_made_where_that_is_wanted(open_town: Town) -> None:
    """Of one domain, with the names that the provider tells; a second time it is the same account."""
    open_town.provider.person = {"sub": "s2", "email": "carol@example.com", "email_verified": True}
    await open_town.refused(403, "Not with this address")
    new = {"email": "carol@example.org", "preferred_username": "carol", "given_name": "Carol"}
    open_town.provider.person |= new
    for _ in range(2):
        visitor = open_town.site.visitor()
        assert (await open_town.enter(visitor)).status_code == 303
        assert "carol@example.org" in (await visitor.get("/app/account")).text
    made = await get_user(open_town.site.core, OPERATOR, Named("carol", Kind.USER))
    assert (made.verified, made.admin, made.first_name) == (True, False, "Carol")


async def test_nobody_new_where_that_is_not_wanted(town: Town) -> None:
    """Whoever has no account is told so."""
    town.provider.person = {"sub": "s2", "email": "carol@example.org", "email_verified": True}
    await town.refused(403, "There is no account for you here")


async def test_an_address_that_was_never_confirmed_here_is_no_proof(town: Town) -> None:
    """An account may name an address that is not its own: the provider's word does not make it so."""
    core = town.site.core
    await change_user(core, OPERATOR, Named("bob", Kind.USER), UserChange(email="dave@example.org", verified=False))
    town.provider.person = {"sub": "s3", "email": "dave@example.org", "email_verified": True}
    await town.refused(409, "belongs to an account already")


async def test_a_suspended_account_stays_shut(town: Town) -> None:
    """Whatever the provider says."""
    await town.enter(town.site.visitor())
    await suspend(town.site.core, town.site.root, Named("alice", Kind.USER))
    await town.refused(403, "This account is not active")


async def test_linking_and_ending_it(town: Town) -> None:
    """Bob links by being logged in, logs in by it, and ends it; another account cannot have the same link."""
    town.provider.person = {"sub": "s7"}
    bob = town.site.visitor()
    await bob.sign_in("bob")
    page = await bob.post("/app/account/outside")
    onward = next(one for one in read(page).links() if one.startswith(town.provider.issuer))
    done = await bob.get(await town.at_provider(onward))
    assert done.headers["location"] == "/app/account?done=linked"
    assert "Staff, since" in read(await bob.get("/app/account")).text
    fresh = town.site.visitor()
    await town.enter(fresh)
    assert "bob" in read(await fresh.get("/app/account")).text
    alice = town.site.visitor()
    await alice.sign_in("alice")
    onward = next(one for one in read(await alice.post("/app/account/outside")).links() if "authorize" in one)
    taken = await alice.get(await town.at_provider(onward))
    assert (taken.status_code, "another account" in read(taken).text) == (409, True)
    assert (await alice.post("/app/account/outside/end", {"issuer": town.provider.issuer})).status_code == 404
    assert (await bob.post("/app/account/outside/end", {"issuer": town.provider.issuer})).status_code == 303
    assert await town.links() == 0


async def test_a_link_is_whose_it_was_begun_for(town: Town) -> None:
    """Begun by Bob and come back to Alice, in one browser: nothing is linked; nor from another site."""
    town.provider.person = {"sub": "s7"}
    browser = town.site.visitor()
    await browser.sign_in("bob")
    onward = next(one for one in read(await browser.post("/app/account/outside")).links() if "authorize" in one)
    back = await town.at_provider(onward)
    await browser.post("/app/sign-out")
    await browser.sign_in("alice")
    assert (await browser.get(back)).status_code == 403
    assert await town.links() == 0
    foreign = await browser.http.post("/app/account/outside", headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403


async def test_an_address_that_only_the_userinfo_tells(town: Town) -> None:
    """It counts, if it is told of the same subject."""
    town.provider.by_userinfo = True
    town.provider.lies["userinfo"] = {"sub": "another"}
    await town.refused(403, "Nobody was logged in")
    town.provider.lies.clear()
    assert (await town.enter(town.site.visitor())).status_code == 303


@pytest.mark.parametrize(
    "known",
    [
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "http://elsewhere.example/authorize"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
async def test_a_provider_that_is_another_one_is_not_spoken_to(town: Town, known: dict[str, Any]) -> None:
    """What it tells of itself has to name the issuer of the settings, and addresses that are safe."""
    town.provider.known = known
    reply = await town.site.visitor().get("/app/sign-in/outside")
    assert (reply.status_code, "location" in reply.headers) == (403, False)


async def test_a_provider_that_is_away_is_told(town: Town) -> None:
    """Its failures are an answer of ours that says to come again; a refused code is a refusal."""
    for status, expected in ((500, 503), (403, 403)):
        town.provider.status = status
        visitor = town.site.visitor()
        assert (await town.enter(visitor)).status_code == expected
    gone = Oidc("http://127.0.0.1:9", CLIENT)
    site = await Site.found(make_core(), Settings(base_url=HOST, oidc=gone))
    assert (await site.visitor().get("/app/sign-in/outside")).status_code == 503


async def test_without_a_provider_there_is_no_such_page(hut: Site) -> None:
    """The log-in page offers nothing, and the addresses are nobody's."""
    visitor = hut.visitor()
    assert "Log in with" not in read(await visitor.get("/app/sign-in")).text
    for path in ("/app/sign-in/outside", "/app/sign-in/back"):
        assert (await visitor.get(path)).status_code == 404
    await visitor.sign_in("bob")
    assert (await visitor.post("/app/account/outside")).status_code == 404


async def test_two_log_ins_at_once_are_two(town: Town) -> None:
    """Two browsers of one person that come back together are both logged in."""
    visitors = [town.site.visitor() for _ in range(2)]
    done = await asyncio.gather(*(town.enter(one) for one in visitors))
    assert [reply.status_code for reply in done] == [303, 303]
    assert await town.links() == 1
