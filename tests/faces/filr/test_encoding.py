"""JSON and XML, who asks, and what is refused before anything is read."""

import pytest
from tests.faces.filr.town import PASSWORD, Client, Town, again

from commonhold.settings.values import Filr, Settings


async def test_a_share_in_json_and_xml(town: Town, form: str) -> None:
    """A share is told with every property of the document, in both encodings."""
    alice = town.alice.speaking(form)
    (share,) = (await town.bob.speaking(form).get(f"/shares/with_user/{town.no('bob')}"))["items"]
    assert share["shared_entity"]["type"] == "folderEntry"
    reply = await alice("GET", share["href"])
    assert (reply.status, reply.headers["content-type"]) == (200, f"application/{form}")
    if form == "xml":
        assert reply.text.startswith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<share>')


@pytest.mark.parametrize(
    ("accept", "xml"),
    [
        ("application/xml", True),
        ("text/xml", True),
        ("application/xml, application/json", False),
        ("application/json;q=0.5, application/xml", True),
        ("application/json, application/xml;q=0.9", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/xml;q=0", False),
        ("image/png", False),
        ("", False),
    ],
)
async def test_what_accept_asks_for(hamlet: Town, accept: str, xml: bool) -> None:
    """The encoding that is asked for most is given, JSON where neither is."""
    reply = await hamlet.nobody("GET", "/shares/1", headers={"accept": accept})
    assert reply.status == 401
    assert reply.headers["content-type"] == ("application/xml" if xml else "application/json")
    assert reply.data["code"] == "UNAUTHENTICATED_ACCESS"


async def test_who_asks(town: Town) -> None:
    """Name and password of an account, its address and its tokens are taken; anything else is a Basic challenge."""
    token = town.alice.password
    for name, password in (("alice", PASSWORD), ("alice@example.org", PASSWORD), ("alice", token)):
        assert (await Client(town.app, name, password)("GET", "/shares/1")).status == 404
    for name, password in (("alice", "wrong"), ("bob", token), ("nobody_here", PASSWORD)):
        reply = await Client(town.app, name, password)("GET", "/shares/1")
        assert reply.refusal == (401, "BAD_CREDENTIALS")
        assert reply.headers["www-authenticate"].startswith("Basic ")


async def test_tries_are_counted(hamlet: Town) -> None:
    """Wrong passwords are counted as at every log-in; the right one comes too late then, a token does not."""
    for _ in range(hamlet.core.limits.login_tries):
        assert (await Client(hamlet.app, "bob", "wrong")("GET", "/shares/1")).status == 401
    assert (await Client(hamlet.app, "bob", PASSWORD)("GET", "/shares/1")).status == 429
    assert (await hamlet.bob("GET", "/shares/1")).status == 404


@pytest.mark.parametrize("path", ["/info", "/services", "/info/x", "/services?f=json"])
@pytest.mark.parametrize("who", ["nobody", "alice"])
async def test_probes_are_not_challenged(hamlet: Town, path: str, who: str) -> None:
    """What clients of other servers ask for is not there, and asks for no password."""
    reply = await hamlet.clients[who]("GET", path)
    assert reply.status == 404
    assert "www-authenticate" not in reply.headers


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", ""), ("PUT", "/shares/1"), ("GET", "/infos")]
)
async def test_everything_else_is(hamlet: Town, method: str, path: str) -> None:
    """Nobody learns which routes there are."""
    for accept in ("application/json", "application/xml", "text/html,*/*;q=0.8"):
        reply = await hamlet.nobody(method, path, headers={"accept": accept})
        assert reply.refusal == (401, "UNAUTHENTICATED_ACCESS")
        assert reply.headers["www-authenticate"].startswith("Basic ")


async def test_dates_as_texts(furnished: Town, hamlet: Town) -> None:
    """Dates are milliseconds in JSON, texts where settings say so, and always texts in XML."""
    town = again(hamlet, hamlet.core, Settings(filr=Filr(dates="iso")))
    path = f"/shares/with_user/{town.no('bob')}"
    number = (await hamlet.bob.get(path))["items"][0]["sharing_date"]
    assert isinstance(number, int)
    text = (await town.bob.get(path))["items"][0]["sharing_date"]
    assert text == "2027-01-15T08:00:00Z"
    assert (await hamlet.bob.speaking("xml").get(path))["items"][0]["sharing_date"] == text
