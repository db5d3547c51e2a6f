"""Logging in: ``generateToken``, and the pages of OAuth as programs walk through them."""

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from tests.faces.arcgis.town import HOST, PASSWORD, Client, Reply, Town, again

from commonhold.settings.values import FaceSettings, Settings

pytestmark = pytest.mark.slow

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SIGN_IN = "/sharing/oauth2/signin"
VERIFIER = "v" * 50


async def _token(town: Town, **asked: str) -> Reply:
    given = {"username": "owner", "password": PASSWORD, "client": "referer", "referer": "http", "f": "json", **asked}
    return await town.nobody("POST", "/generateToken", data=given)


async def test_a_token_is_generated(town: Town) -> None:
    """Name and password give a token with its end in milliseconds, which acts for the user from any place."""
    found = (await _token(town)).json
    assert found == {"token": found["token"], "expires": town.clock() + 3_600_000, "ssl": True}
    assert (await Client(town.app, found["token"]).get("/info"))["currentVersion"]
    town.clock.advance(3_600_000)
    assert (await Client(town.app, found["token"])("GET", "/info")).code == (498, None)


@pytest.mark.parametrize(
    ("asked", "minutes"), [("20160", 20_160), ("999999", 20_160), ("-1", 20_160), ("0", 60), ("x", 60), ("5", 5)]
)
async def test_a_wish_for_a_long_token_is_capped(hamlet: Town, asked: str, minutes: int) -> None:
    """A token lives as long as asked for, up to the longest life of a session; what is no number counts as omitted."""
    found = (await _token(hamlet, expiration=asked)).json
    assert found["expires"] - hamlet.clock() == minutes * 60_000


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"password": "wrong"}, "Invalid username or password."),
        ({"username": "unknown"}, "Invalid username or password."),
        ({"username": " "}, "'username' must be specified."),
        ({"password": ""}, "'password' must be specified."),
    ],
)
async def test_a_wrong_password(hamlet: Town, asked: dict[str, str], detail: str) -> None:
    """Wrong names and passwords are refused alike; missing ones are named."""
    reply = await _token(hamlet, **asked)
    assert reply.status == 200
    assert reply.error == {"code": 400, "message": "Unable to generate token.", "details": [detail]}


async def test_passwords_in_addresses_are_refused(hamlet: Town) -> None:
    """A password in the query is refused, and a GET is none of this operation's methods."""
    query = {"username": "owner", "password": PASSWORD}
    assert (await hamlet.nobody("POST", "/generateToken", params=query)).code == (400, None)
    assert (await hamlet.nobody("GET", "/generateToken", params=query)).code == (405, "GWM_0005")


async def test_guessing_is_slowed_down(hamlet: Town) -> None:
    """After too many wrong passwords the right one is refused, too, for a while."""
    for _ in range(hamlet.core.limits.login_tries):
        await _token(hamlet, password="wrong")
    reply = await _token(hamlet)
    assert reply.error["details"] == ["Too many invalid attempts. Please try again later."]


async def _page(town: Town, **asked: str) -> Reply:
    given = {"client_id": "pythonapi", "redirect_uri": HOST, "response_type": "token", "state": "s t", **asked}
    return await town.nobody("GET", "/oauth2/authorize", params=given)


def _state(page: Reply) -> str:
    """Read the state as the Python client does: from the first line that holds an object."""
    found = re.search(r"\{.*\}", page.text, re.MULTILINE)
    assert found, page
    state: str = msgspec.json.decode(found[0])["oauth_state"]
    return state


async def _sign_in(town: Town, state: str, **asked: str) -> Reply:
    given = {"oauth_state": state, "username": "owner", "password": PASSWORD, **asked}
    return await town.nobody("POST", SIGN_IN, data=given)


async def test_the_page_flow_of_the_python_client(town: Town) -> None:
    """The page's form sends the browser back with a token in the fragment, which acts for the user."""
    page = await _page(town, expiration="600")
    assert page.headers["content-type"].startswith("text/html")
    reply = await _sign_in(town, _state(page))
    assert reply.status == 302
    where = urlsplit(reply.headers["location"])
    told = {name: one for name, (one,) in parse_qs(where.fragment).items()}
    assert f"{where.scheme}://{where.netloc}" == HOST
    assert told == {
        "access_token": told["access_token"],
        "expires_in": "36000",
        "username": "owner",
        "ssl": "true",
        "state": "s t",
    }
    assert (await Client(town.app, told["access_token"]).get("/info"))["currentVersion"]


async def test_a_wrong_password_on_the_page(hamlet: Town) -> None:
    """A wrong password shows the page again, with the message where the Python client looks for it."""
    reply = await _sign_in(hamlet, _state(await _page(hamlet)), password="wrong")
    assert reply.status == 200
    assert "OAUTH_0015" in reply.text
    found = re.search("({.+})", reply.text)
    assert found
    assert msgspec.json.decode(found[1].replace("'", '"'))["messages"] == ["Invalid username or password."]


@pytest.mark.parametrize(
    "redirect",
    [
        "https://evil.example",
        "https://portal.example.evil.example",
        "https://portal.example@evil.example",
        "https://portal.example\\@evil.example",
        "https://portal.example:444",
        "http://portal.example",
        "javascript:alert(1)",
        "https://portal.example/#x",
        "",
    ],
)
async def test_tokens_go_to_nobody_unknown(hamlet: Town, redirect: str) -> None:
    """An address that is not ours, not of this machine and not in the settings gets the words that clients look for."""
    assert "Invalid redirect_uri" in (await _page(hamlet, redirect_uri=redirect)).text


@pytest.mark.parametrize("redirect", ["https://app.example/back?x=1", "http://localhost:3000/", "http://127.0.0.1:9"])
async def test_tokens_go_where_settings_say(hamlet: Town, redirect: str) -> None:
    """Origins that the settings name, and programs on the caller's own machine, may ask for a log-in."""
    settings = Settings(faces={"arcgis": FaceSettings(origins=("https://app.example",))})
    town = again(hamlet, hamlet.core, settings)
    reply = await _sign_in(town, _state(await _page(town, redirect_uri=redirect)))
    assert reply.headers["location"].startswith(f"{redirect}#access_token=")


@pytest.mark.parametrize(
    "asked", [{"client_id": ""}, {"client_id": "<x>"}, {"response_type": "id_token"}, {"code_challenge": "short"}]
)
async def test_odd_programs_are_refused(hamlet: Town, asked: dict[str, str]) -> None:
    """A program that says nothing usable of itself gets a page that says so, or the envelope where that is wanted."""
    assert "Invalid" in (await _page(hamlet, **asked)).text
    assert (await _page(hamlet, f="json", **asked)).code == (400, "GWM_0007")


@pytest.mark.parametrize("broken", ["", "x.y", "x", "."])
async def test_the_state_cannot_be_made_up(hamlet: Town, broken: str) -> None:
    """A state that this server did not sign is refused, and so is one that is over."""
    assert (await _sign_in(hamlet, broken)).code == (400, "GWM_0007")
    state = _state(await _page(hamlet))
    assert (await _sign_in(hamlet, "A" + state)).code == (400, "GWM_0007")
    hamlet.clock.advance(600_000)
    assert (await _sign_in(hamlet, state)).code == (400, "GWM_0007")


async def _code(town: Town, **asked: str) -> str:
    page = await _page(town, response_type="code", redirect_uri=OUT_OF_BAND, **asked)
    reply = await _sign_in(town, _state(page))
    where = urlsplit(reply.headers["location"])
    code = parse_qs(where.query)["code"][0]
    shown = await town.nobody("GET", f"{where.path}?{where.query}")
    assert f"<title>SUCCESS code={code}</title>" in shown.text
    return code


async def _redeem(town: Town, **asked: str) -> Any:
    given = {"grant_type": "authorization_code", "client_id": "pythonapi", "redirect_uri": OUT_OF_BAND, **asked}
    return await town.nobody("POST", "/oauth2/token", data=given)


async def test_a_code_counts_once(town: Town) -> None:
    """A code is turned into a token and a secret that renews it, once; the secret renews until it is over."""
    code = await _code(town)
    found = (await _redeem(town, code=code)).json
    assert found["username"] == "owner"
    assert (await Client(town.app, found["access_token"]).get("/info"))["currentVersion"]
    assert (await _redeem(town, code=code)).code == (498, None)
    for _ in range(2):
        more = await town.nobody.post(
            "/oauth2/token", grant_type="refresh_token", refresh_token=found["refresh_token"], client_id="pythonapi"
        )
        assert (await Client(town.app, more["access_token"]).get("/info"))["currentVersion"]
    town.clock.advance(town.core.limits.session_life)
    refused = await town.nobody.refused("/oauth2/token", grant_type="refresh_token", refresh_token="x")
    assert refused == (498, None)


@pytest.mark.parametrize(
    "asked",
    [{"client_id": "other"}, {"redirect_uri": HOST}, {"code_verifier": "w" * 50}, {"code_verifier": ""}, {"code": "x"}],
)
async def test_a_code_is_bound_to_its_program(hamlet: Town, asked: dict[str, str]) -> None:
    """Whoever shows a code has to be the program that asked for it; a code that was refused so is not used up."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    code = await _code(hamlet, code_challenge=challenge, code_challenge_method="S256")
    assert (await _redeem(hamlet, **{"code": code, "code_verifier": VERIFIER, **asked})).code == (498, None)
    assert (await _redeem(hamlet, code=code, code_verifier=VERIFIER)).code is None


async def test_a_code_is_no_token(hamlet: Town) -> None:
    """Neither a code nor the secret that renews acts for anybody, and a code is over after ten minutes."""
    code = await _code(hamlet)
    assert (await Client(hamlet.app, code)("GET", "/info")).code == (498, None)
    hamlet.clock.advance(600_000)
    assert (await _redeem(hamlet, code=code)).code == (498, None)


async def test_other_grants_are_refused(hamlet: Town) -> None:
    """A grant that is none here is refused with what there is."""
    assert await hamlet.nobody.refused("/oauth2/token", grant_type="client_credentials") == (400, "GWM_0007")


async def test_a_token_is_revoked(town: Town) -> None:
    """A revoked token is none from the next request on; revoking one that is none succeeds and says nothing."""
    token = (await _token(town)).json["token"]
    for _ in range(2):
        assert await town.nobody.post("/oauth2/revokeToken", auth_token=token, client_id="x") == {"success": True}
    assert (await Client(town.app, token)("GET", "/info")).code == (498, None)
