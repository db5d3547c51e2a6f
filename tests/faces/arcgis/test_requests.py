"""What every request has: parameters in any form, replies as ``f`` asks, tokens from everywhere, and the envelope."""

from typing import Any

import pytest
from tests.faces.arcgis.town import Client, Town, again

from commonhold.settings.values import FaceSettings, Settings

ENVELOPE = ("code", "message", "details")


@pytest.mark.parametrize("path", ["", "/", "/info"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_version_is_numbers_joined_by_dots(hamlet: Town, path: str, method: str) -> None:
    """What describes the server says its version so that the Python client can read it, asked by GET or POST."""
    reply = await hamlet.nobody(method, path)
    assert all(part.isdigit() for part in reply.json["currentVersion"].split("."))


async def test_where_to_log_in_is_an_address_of_https(hamlet: Town) -> None:
    """The address for tokens is the public one: with another one a client would go on anonymously and say nothing."""
    found = await hamlet.nobody.get("/info")
    assert found["authInfo"] == {
        "tokenServicesUrl": "https://portal.example/sharing/rest/generateToken",
        "isTokenBasedSecurity": True,
    }


@pytest.mark.parametrize(
    "sent",
    [
        {"params": {"F": "pjson"}},
        {"data": {"f": "PJSON"}},
        {"files": {"f": (None, "pjson")}},
        {"json": {"f": "pjson"}},
        {"content": "f=pjson", "headers": {"content-type": "text/plain"}},
    ],
)
async def test_parameters_come_in_any_form(hamlet: Town, sent: dict[str, Any]) -> None:
    """A parameter counts in query, form, form with files, JSON and text; its name knows no case."""
    reply = await hamlet.nobody("POST", "/info", **sent)
    assert reply.text.startswith("{\n")


async def test_replies_are_json_unless_a_page_is_wanted(hamlet: Town) -> None:
    """Without ``f`` the reply is JSON; a page shows the same, and cannot run anything."""
    assert (await hamlet.nobody("GET", "/info")).headers["content-type"].startswith("application/json")
    page = await hamlet.nobody("GET", "/nothing?f=html")
    assert page.headers["content-type"].startswith("text/html")
    assert "Invalid URL" in page.text


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": {"x-esri-authorization": "Bearer wrong"}},
        {"headers": {"x-esri-authorization": "wrong"}},
        {"headers": {"authorization": "Bearer wrong"}},
        {"params": {"Token": "wrong"}},
        {"data": {"token": "wrong"}},
        {"files": {"token": (None, "wrong")}},
        {"params": {"token": "a\0b"}},
    ],
)
async def test_a_wrong_token_is_refused_everywhere(hamlet: Town, sent: dict[str, Any]) -> None:
    """A token that is none is refused where no token is needed, too, so that clients know they must log in again."""
    reply = await hamlet.nobody("POST", "/info", **sent)
    assert (reply.status, reply.code) == (200, (498, None))
    assert reply.error["message"] == "Invalid token."


@pytest.mark.parametrize("empty", [{"params": {"token": ""}}, {"data": {"token": " "}}])
async def test_an_empty_token_is_none(hamlet: Town, empty: dict[str, Any]) -> None:
    """A client that has no token may say so."""
    assert (await hamlet.nobody("POST", "/info", **empty)).code is None


async def test_what_is_no_route_is_an_envelope(hamlet: Town) -> None:
    """A path that is none gets the envelope, at HTTP 200."""
    reply = await hamlet.nobody("GET", "/none")
    assert reply.status == 200
    assert tuple(name for name in reply.error if name != "messageCode") == ENVELOPE


@pytest.mark.parametrize(
    "sent",
    [
        {"content": b"\xff=%FF"},
        {"content": b"{"},
        {"content": b'{"a": "\\u0000"}'},
        {"content": b"a=%00"},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"&".join([b"a=1"] * 2_000)},
    ],
)
async def test_what_cannot_be_read_is_refused(hamlet: Town, sent: dict[str, Any]) -> None:
    """A body that is none is refused with the envelope."""
    reply = await hamlet.nobody("POST", "/info", **sent)
    assert reply.status == 200
    assert reply.error["code"] == 400


async def test_scripts_of_every_origin_may_call(hamlet: Town) -> None:
    """A page of any origin may call with a token; a browser's cookies are no credential here."""
    asked = {"origin": "https://maps.example", "access-control-request-method": "POST"}
    before = await hamlet.nobody("OPTIONS", "/info", headers=asked)
    assert before.headers["access-control-allow-origin"] == "*"
    cookies = Client(hamlet.app)
    reply = await cookies("GET", "/info", headers={"cookie": f"commonhold_session={hamlet.owner.token}"})
    assert reply.code is None


@pytest.mark.parametrize(
    ("settings", "path", "portal"),
    [
        (Settings(base_url="https://share.example.org"), "", "https://share.example.org"),
        (Settings(faces={"arcgis": FaceSettings(prefix="/portal")}), "/portal", "https://portal.example/portal"),
        (
            Settings(base_url="https://a.example/", faces={"arcgis": FaceSettings(prefix="/x/y")}),
            "/x/y",
            "https://a.example/x/y",
        ),
    ],
)
async def test_a_portal_under_another_address(hamlet: Town, settings: Settings, path: str, portal: str) -> None:
    """Behind a proxy and under a path the server tells its public address, and its log-in page leads there."""
    town = again(hamlet, hamlet.core, settings)
    found = (await town.nobody.http.get(f"{path}/sharing/rest/info")).json()
    assert found["owningSystemUrl"] == portal
    assert found["authInfo"]["tokenServicesUrl"] == f"{portal}/sharing/rest/generateToken"
    asked = {"client_id": "x", "response_type": "token", "redirect_uri": portal.rsplit("/", path.count("/"))[0]}
    page = await town.nobody.http.get(f"{path}/sharing/rest/oauth2/authorize", params=asked)
    assert f'action="{portal}/sharing/oauth2/signin"' in page.text
