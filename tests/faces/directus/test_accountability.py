"""Who asks, and how refusals are worded."""

import pytest
from tests.faces.directus.town import Client, Town

from commonhold.core.problems import SENTENCES, Problem
from commonhold.faces.directus.problems import STATUS, of_problem

MINE = "/items/authors/1?fields=name"


async def test_bearer_in_any_case(hamlet: Town) -> None:
    """A token counts as a bearer token, whatever the case of the scheme; another scheme is as nothing."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        reply = await hamlet.nobody("GET", MINE, headers={"authorization": f"{scheme} {hamlet.editor.token}"})
        assert reply.data == {"name": "Ada"}
    assert (await hamlet.nobody("GET", MINE, headers={"authorization": "Basic YTpi"})).status == 403


async def test_token_in_query_and_cookie(hamlet: Town) -> None:
    """A token counts in the query and in the session cookie; one in header or query goes before the cookie."""
    token = hamlet.editor.token or ""
    assert (await hamlet.nobody("GET", f"{MINE}&access_token={token}")).data == {"name": "Ada"}
    kept = {"cookie": f"directus_session_token={token}"}
    assert (await hamlet.nobody("GET", MINE, headers=kept)).data == {"name": "Ada"}
    assert (await hamlet.editor("GET", MINE, headers={"cookie": "directus_session_token=odd"})).status == 200


async def test_two_tokens_are_one_too_many(hamlet: Town) -> None:
    """A token in the header and in the query together is refused."""
    reply = await hamlet.editor("GET", f"{MINE}&access_token={hamlet.editor.token}")
    reason = "The request uses more than one method for including an access token"
    assert reply.refused == (400, "INVALID_PAYLOAD", f"Invalid payload. {reason}.")
    assert reply.json["errors"][0]["extensions"]["reason"] == reason


@pytest.mark.parametrize("where", ["header", "query", "cookie"])
async def test_invalid_token(hamlet: Town, where: str) -> None:
    """An invalid token is refused, wherever it comes from; a cookie is taken away with it."""
    client = Client(hamlet.app, "odd" if where == "header" else None)
    headers = {"cookie": "directus_session_token=odd"} if where == "cookie" else {}
    reply = await client("GET", f"{MINE}&access_token=odd" if where == "query" else MINE, headers=headers)
    assert reply.refused == (401, "INVALID_CREDENTIALS", "Invalid user credentials.")
    assert ("set-cookie" in reply.headers) == (where == "cookie")


async def test_unknown_route(hamlet: Town) -> None:
    """A path that is no route, and a method that a path does not take, are 404 and named."""
    for method, path in (("GET", "/items"), ("PUT", "/items/authors/1")):
        reply = await hamlet.editor(method, path)
        assert reply.refused == (404, "ROUTE_NOT_FOUND", f"Route {path} doesn't exist.")
        assert reply.json["errors"][0]["extensions"]["path"] == path


async def test_options_head_and_slash(hamlet: Town) -> None:
    """OPTIONS lists the methods, HEAD has the headers of GET, and a path may end with a slash."""
    reply = await hamlet.editor("OPTIONS", "/items/authors/1")
    assert (reply.status, reply.text, reply.headers["allow"]) == (200, "GET,HEAD,PATCH,DELETE", "GET,HEAD,PATCH,DELETE")
    reply = await hamlet.editor("HEAD", MINE)
    assert (reply.status, reply.body) == (200, b"")
    assert (await hamlet.editor("GET", "/items/authors/1/?fields=name")).data == {"name": "Ada"}


async def test_headers(hamlet: Town) -> None:
    """Replies are JSON that nobody keeps, with a weak ETag by which they need not be sent again; no other name."""
    reply = await hamlet.editor("GET", MINE)
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["etag"].startswith('W/"')
    assert "x-powered-by" not in reply.headers
    again = await hamlet.editor("GET", MINE, headers={"if-none-match": reply.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("code", SENTENCES)
def test_every_problem_has_words(code: str) -> None:
    """Each problem of the core is a refusal of this dialect, with the status that its table says."""
    error = of_problem(Problem(code, field="name", collection="articles", value="x"), "/path")
    assert error.status == STATUS[code]
    assert error.message
    assert error.entry()["extensions"]["code"] == error.code
