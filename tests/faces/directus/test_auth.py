"""What is handed out at logging in and at opening a share: three modes, their cookies, and how each is renewed."""

import re

import msgspec
import pytest
from tests.faces.directus.giving import enter, share
from tests.faces.directus.town import Client, Town, again

pytestmark = pytest.mark.slow

LOGIN = {"email": "editor@example.com", "password": "correct horse"}
KEPT = re.compile(r"(\w+)=([\w.-]{64}); HttpOnly; Max-Age=(\d+); Path=/; SameSite=lax")


def cookie(line: str) -> tuple[str, str, int]:
    """Name, value and age of a cookie that is out of reach of scripts and of other sites."""
    found = KEPT.fullmatch(line)
    assert found, line
    return found[1], found[2], int(found[3])


@pytest.mark.parametrize("opening", ["login", "share"])
@pytest.mark.parametrize(
    ("mode", "said", "kept"),
    [
        ("json", {"access_token", "expires", "refresh_token"}, None),
        ("cookie", {"access_token", "expires"}, ("directus_refresh_token", 604_800)),
        ("session", {"expires"}, ("directus_session_token", 86_400)),
    ],
)
async def test_modes(town: Town, opening: str, mode: str, said: set[str], kept: tuple[str, int] | None) -> None:
    """Both secrets in the reply, the renewing one in a cookie, or one secret in a cookie alone."""
    if opening == "login":
        reply = await town.nobody("POST", "/auth/login", {**LOGIN, "mode": mode})
    else:
        reply = await enter(town, await share(town), mode=mode)
    assert set(reply.data) == said
    lines = reply.headers.get_list("set-cookie")
    assert [(name, age) for name, _, age in map(cookie, lines)] == ([] if kept is None else [kept])
    assert reply.data["expires"] == (86_400_000 if mode == "session" else 900_000)


async def test_renewing_by_cookie(town: Town) -> None:
    """A cookie is used up by renewing; the mode is what the cookie says where the body says none."""
    first = cookie((await town.nobody("POST", "/auth/login", {**LOGIN, "mode": "cookie"})).headers["set-cookie"])
    send = {"cookie": f"{first[0]}={first[1]}"}
    renewed = await town.nobody("POST", "/auth/refresh", {}, headers=send)
    assert set(renewed.data) == {"access_token", "expires"}
    assert cookie(renewed.headers["set-cookie"])[1] != first[1]
    assert (await town.nobody("POST", "/auth/refresh", {}, headers=send)).status == 401
    assert (await town.nobody("POST", "/auth/refresh", {"mode": "json"}, headers=send)).status == 400


async def test_a_session_renews_itself(town: Town) -> None:
    """Within ten seconds the old cookie gives the same successor, and reads still; then it is over."""
    first = cookie((await town.nobody("POST", "/auth/login", {**LOGIN, "mode": "session"})).headers["set-cookie"])
    send = {"cookie": f"{first[0]}={first[1]}"}
    renewed = [await town.nobody("POST", "/auth/refresh", {"mode": "session"}, headers=send) for _ in range(3)]
    assert len({cookie(reply.headers["set-cookie"])[1] for reply in renewed}) == 1
    assert (await town.nobody("GET", "/users/me", headers=send)).status == 200
    town.clock.advance(10_000)
    over = await town.nobody("GET", "/users/me", headers=send)
    assert (over.status, "directus_session_token=" in over.headers["set-cookie"]) == (401, True)


async def test_a_page_of_another_site_uses_no_cookie(town: Town) -> None:
    """It can neither set nor use our cookies: what a browser says of such a request is refused."""
    first = cookie((await town.nobody("POST", "/auth/login", {**LOGIN, "mode": "cookie"})).headers["set-cookie"])
    send = {"cookie": f"{first[0]}={first[1]}", "sec-fetch-site": "cross-site"}
    assert (await town.nobody("POST", "/auth/refresh", {}, headers=send)).status == 403
    assert (await town.nobody("POST", "/auth/logout", {}, headers=send)).status == 403
    login = await town.nobody("POST", "/auth/login", {**LOGIN, "mode": "session"}, headers=send)
    assert (login.status, "set-cookie" in login.headers) == (403, False)
    opened = await town.nobody("POST", "/shares/auth", {"share": await share(town), "mode": "cookie"}, headers=send)
    assert (opened.status, "set-cookie" in opened.headers) == (403, False)


async def test_who_one_is(town: Town) -> None:
    """A person is himself; the opener of a share is that share, and changes nothing; nobody is refused."""
    uid = await share(town)
    reader = Client(town.app, (await enter(town, uid)).data["access_token"])
    assert (await town.editor.get("/users/me", fields="email"))["email"] == "editor@example.com"
    assert await reader.get("/users/me") == {"share": uid}
    assert (await reader("PATCH", "/users/me", {"first_name": "x"})).status == 401
    assert (await town.nobody("GET", "/users/me")).status == 401
    changed = await town.editor("PATCH", "/users/me?fields=first_name", {"first_name": "Ed"})
    assert changed.data == {"first_name": "Ed"}
    assert await town.editor.get("/policies/me/globals") == {
        "app_access": False,
        "admin_access": False,
        "enforce_tfa": False,
    }
    assert (await town.admin.get("/roles/me"))[0]["name"] == "Administrator"


@pytest.mark.parametrize(
    "body",
    [
        {"email": "editor@example.com", "password": "no"},
        {"email": "nobody@example.com", "password": "correct horse"},
        {"email": "a" * 300, "password": "x"},
    ],
)
async def test_a_log_in_is_refused_in_one_sentence(town: Town, body: dict[str, str]) -> None:
    """Unknown address and wrong password are told apart by nothing."""
    assert (await town.nobody("POST", "/auth/login", body)).refused == (
        401,
        "INVALID_CREDENTIALS",
        "Invalid user credentials.",
    )


@pytest.mark.parametrize("mode", ["json", "session"])
async def test_lives_are_round_on_a_clock_that_goes_on(town: Town, mode: str) -> None:
    """However long it takes to answer: a quarter of an hour, or a day; less only where the share ends before."""

    def going_on() -> int:
        return town.clock.advance(7)

    later = again(town, msgspec.structs.replace(town.core, clock=going_on))
    life = 86_400_000 if mode == "session" else 900_000
    opened = await enter(later, await share(later), mode=mode)
    assert opened.data["expires"] == life
    reply = await later.nobody("POST", "/auth/login", {**LOGIN, "mode": mode})
    assert reply.data["expires"] == life
    if mode == "session":
        name, secret, _ = cookie(reply.headers["set-cookie"])
        sent = {"headers": {"cookie": f"{name}={secret}"}}
        assert (await later.nobody("POST", "/auth/refresh", {"mode": mode}, **sent)).data["expires"] == life
    else:
        body = {"refresh_token": reply.data["refresh_token"]}
        assert (await later.nobody("POST", "/auth/refresh", body)).data["expires"] == life
    ends = await share(later, date_end="2029-01-01T00:00:00Z")
    assert (await enter(later, ends, mode=mode)).data["expires"] <= life
