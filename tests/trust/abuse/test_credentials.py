"""Cases 34 to 47: passwords, tokens, sessions, counters."""

import asyncio
import base64
from typing import Any

import pytest
from tests.trust.abuse.marks import ALL, over
from tests.trust.doors import LINKS, data, reads, through
from tests.trust.town import HOST, PASSWORD, Client, Reply, Town

from commonhold.core.model import Credential, CredentialKind, Use
from commonhold.core.roles import Role
from commonhold.core.sharing.managing import amend
from commonhold.core.terms import Terms

pytestmark = pytest.mark.slow

A, DOCS = "/alice/a.txt", "/alice/docs"
FORM = {"origin": HOST}


async def post_form(town: Town, path: str, data: dict[str, str], who: Client | None = None) -> Reply:
    """Send the form of a page."""
    return Reply(await (who or town.nobody).http.post(path, data=data, headers=FORM))


async def log_in(town: Town, face: str, name: str, password: str, address: str = "192.0.2.7") -> Reply:
    """Log in by a face, as its clients do."""
    nobody = town.client(address=address)
    match face:
        case "native":
            return await nobody("POST", "/api/v1/session", {"name": name, "password": password})
        case "web":
            return await post_form(town, "/app/sign-in", {"name": name, "password": password}, nobody)
        case "puter":
            return await nobody("POST", "/login", {"username": name, "password": password})
        case "filr":
            pair = base64.b64encode(f"{name}:{password}".encode()).decode()
            return await nobody("GET", "/rest/self", headers={"authorization": f"Basic {pair}"})
        case "arcgis":
            asked = {"username": name, "password": password, "referer": HOST}
            return await nobody.form("/sharing/rest/generateToken", **asked)
        case _:
            return await nobody("POST", "/auth/login", {"email": f"{name}@example.org", "password": password})


def token_in(face: str, reply: Reply) -> str:
    """Return the token that a log-in handed out."""
    assert not reply.refused, reply
    match face:
        case "web":
            return next(value for name, value in cookies(reply).items() if name == "commonhold_session")
        case "directus":
            return str(reply.json["data"]["access_token"])
        case _:
            return str(reply.json["token"])


def cookies(reply: Reply) -> dict[str, str]:
    """Return the cookies that a reply sets."""
    found = (one.partition(";")[0].partition("=") for one in reply.headers.get_list("set-cookie"))
    return {name: value for name, _, value in found}


@over(*ALL)
async def test_34_no_secret_is_no_key(town: Town, face: str) -> None:
    """An empty, missing or foreign secret opens no link and no account, whatever has a secret of its own or none."""
    secret, share = await town.link(A)
    (row,) = await town.shares(A)
    other, _ = await town.link("/alice/b.txt")
    for odd in ("", "0", "null", "None", "undefined", other, town.tokens["bob"]):
        if face in ("native", "web", "puter", "filr"):
            assert (await through(town, face, odd, share, A)).body != A.encode(), odd
        if face == "filr":
            assert (await town.nobody("GET", f"/ssf/s/readFile/share/{row.no}//publicLink/x")).body != A.encode()
        for headers in ({"authorization": f"Bearer {odd}"}, {"cookie": f"commonhold_session={odd}"},
                        {"x-esri-authorization": f"Bearer {odd}"}, {"commonhold-pass": odd}):  # fmt: skip
            reply = await town.nobody(*data(town, face, A), headers=headers)
            assert reply.status < 500, reply
            assert reply.body != A.encode(), (odd, headers)
        for name in ("token", "access_token", "auth_token"):
            separator = "&" if "?" in data(town, face, A)[1] else "?"
            reply = await town.nobody("GET", f"{data(town, face, A)[1]}{separator}{name}={odd}")
            assert reply.body != A.encode(), (odd, name)
    assert secret not in ("", "0")


@over("native", "web", "filr", "directus")
async def test_37_a_new_password_ends_what_was_open(town: Town, face: str) -> None:
    """Whoever opened a link with its old password is outside at once when it has another one."""
    secret, uid = await town.link(A, password="old sesame")
    visitor = town.client()
    await post_form(town, f"/s/{secret}", {"password": "old sesame"}, visitor)
    opened = await town.nobody.ok("POST", f"/api/v1/shares/{uid}/open", {"password": "old sesame"})
    holder = town.client(opened["token"])
    assert await reads(town, holder, A, "native")
    assert (await visitor("GET", f"/s/{secret}/download")).body == A.encode()
    await amend(town.core, town.actor("alice"), uid, terms=Terms(password="new sesame"))
    assert not await reads(town, holder, A, "native" if face in ("web", "filr") else face)
    assert (await visitor("GET", f"/s/{secret}/download")).body != A.encode()
    assert (await through(town, face, secret, uid, A, "old sesame")).body != A.encode()


@over("native", "web", "puter", "arcgis", "directus")
async def test_38_a_log_in_begins_a_new_session(town: Town, face: str) -> None:
    """What a browser brought along before it logged in, or opened a link, is not what it has afterwards."""
    await town.root.ok("PUT", "/api/v1/users/bob/password", {"password": PASSWORD})
    planted = "planted-by-somebody-else"
    first = token_in(face, await log_in(town, face, "bob", PASSWORD))
    second = token_in(face, await log_in(town, face, "bob", PASSWORD))
    assert len({first, second, planted}) == 3
    if face == "web":
        visitor = town.client(cookie=f"commonhold_session={planted}; commonhold_pass_1={planted}")
        reply = await post_form(town, "/app/sign-in", {"name": "bob", "password": PASSWORD}, visitor)
        assert planted not in cookies(reply).values()
        secret, _ = await town.link(A, password="sesame")
        opened = await post_form(town, f"/s/{secret}", {"password": "sesame"}, visitor)
        assert cookies(opened)
        assert planted not in cookies(opened).values()
    assert (await town.client(planted)("GET", "/api/v1/session")).refused


@over("native", "web", "puter", "filr", "arcgis", "directus")
async def test_40_secrets_are_told_to_those_who_manage(town: Town, face: str) -> None:
    """The secret of a link is in nothing that a recipient, a member, a stranger or nobody lists."""
    secret, share = await town.link(A)
    await town.give(A, "bob")
    await town.give(A, "dave", terms=Terms())
    where = {
        "native": ["/api/v1/shares", "/api/v1/shares?received=true", f"/api/v1/items/{town.uid(A)}/shares",
                   f"/api/v1/shares/{share}", f"/api/v1/items/{town.uid(A)}/audience"],
        "web": ["/app", f"/app/items/{town.uid(A)}"],
        "puter": [f"/share/shares?uid={town.uid(A)}", "/share/shared-with-me", "/share/shared-by-me"],
        "filr": [f"/rest/folder_entries/{town.no(A)}/shares", f"/rest/shares/with_user/{town.numbers['bob']}",
                 "/rest/shares/public"],
        "arcgis": [f"/sharing/rest/content/items/{town.arcgis_id(A)}?f=json", "/sharing/rest/search?f=json&q=a"],
        "directus": ["/shares", f"/shares/{share}", f"/shares/info/{share}"],
    }  # fmt: skip
    for who in (town.bob, town.dave, town.mallory, town.nobody):
        for path in where[face]:
            reply = await who("GET", path, headers={"accept": "application/json"})
            assert secret not in reply.text, (path, reply)


@over(*ALL)
async def test_41_guessing_passwords_ends(town: Town, face: str) -> None:
    """Who guesses the password of an account is slowed down by each face, and then the right one does not help."""
    await town.root.ok("PUT", "/api/v1/users/bob/password", {"password": PASSWORD})
    told = [await log_in(town, face, "bob", f"wrong {at}") for at in range(town.core.limits.login_tries + 2)]
    assert all(reply.refused for reply in told)
    late = await log_in(town, face, "bob", PASSWORD)
    assert late.refused, late
    assert late.status == 429 or (face == "arcgis" and "Too many" in late.text), late


@over("native", "web", "directus")
async def test_41_guessing_passwords_of_links_ends(town: Town, face: str) -> None:
    """Who guesses the password of a link is slowed down, and the right one does not help him then."""
    secret, uid = await town.link(A, password="sesame")
    for at in range(town.core.limits.link_tries + 1):
        assert (await through(town, face, secret, uid, A, f"wrong {at}")).refused
    late = await through(town, face, secret, uid, A, "sesame")
    assert late.status == 429, late


@over("native", "web", "directus")
async def test_42_no_use_is_given_twice(town: Town, face: str) -> None:
    """Of fifty openings at once of a link for one use, one succeeds."""
    secret, uid = await town.link(A, max_uses=1)

    async def once() -> bool:
        if face == "native":
            return not (await town.client()("POST", f"/api/v1/links/{secret}/open", {})).refused
        if face == "web":
            return (await post_form(town, f"/s/{secret}", {}, town.client())).status == 303
        return not (await town.client()("POST", "/shares/auth", {"share": uid})).refused

    assert sum(await asyncio.gather(*(once() for _ in range(50)))) == 1
    (use,) = await town.rows(Use)
    assert use.used == 1


@over(*ALL)
async def test_43_suspension_is_felt_at_once(town: Town, face: str) -> None:
    """Whoever is suspended is refused with his next request: by each kind of token, and by his name and password."""
    await town.root.ok("PUT", "/api/v1/users/bob/password", {"password": PASSWORD})
    await town.give(A, "bob")
    session = await log_in(town, face, "bob", PASSWORD)
    holders = [] if face == "filr" else [town.client(token_in(face, session))]
    personal = (await (await town.known("bob")).ok("POST", "/api/v1/tokens", {}))["token"]
    holders += [town.client(personal), town.client(cookie=f"commonhold_session={personal}")]
    reading = [one for one in holders if await reads(town, one, A, face)]
    assert len(reading) >= 1
    await town.root.ok("POST", "/api/v1/users/bob/suspend")
    for who in holders:
        assert not await reads(town, who, A, face)
    assert (await log_in(town, face, "bob", PASSWORD)).refused
    if face == "directus":
        renewed = await town.nobody("POST", "/auth/refresh", {"refresh_token": session.json["data"]["refresh_token"]})
        assert renewed.refused


@over("native", "web", "puter", "arcgis", "directus")
async def test_44_what_is_handed_out_ends(town: Town, face: str) -> None:
    """Every log-in has an end, and so has everything that is kept as a credential, but personal tokens."""
    await town.root.ok("PUT", "/api/v1/users/bob/password", {"password": PASSWORD})
    await town.give(A, "bob")
    who = town.client(token_in(face, await log_in(town, face, "bob", PASSWORD)))
    assert await reads(town, who, A, face)
    _, uid = await town.link(A)
    await town.nobody.ok("POST", f"/api/v1/shares/{uid}/open", {})
    made: list[Any] = await town.rows(Credential)
    assert all(one.until is not None for one in made if one.kind is not CredentialKind.TOKEN)
    longest = max(town.core.limits.session_life, town.core.limits.pass_life, 400 * 86_400_000)
    assert all(one.until - town.clock() <= longest for one in made if one.until is not None)
    town.clock.advance(longest + 1)
    assert not await reads(town, who, A, face)


@over("web")
async def test_45_what_is_open_in_one_page_is_not_the_next_page(town: Town, face: str) -> None:
    """The cookie of an opened link goes back to the pages of that link alone, and what is handed in goes there."""
    await town.folder("/alice/other")
    visitor = town.client()
    links = [await town.link(path, Role.UPLOADER, password="sesame") for path in (DOCS, "/alice/other")]
    for secret, _ in links:
        opened = await post_form(town, f"/s/{secret}", {"password": "sesame"}, visitor)
        assert all(f"path=/s/{secret}" in one.lower().replace("path=/s/" + secret.lower(), f"path=/s/{secret}")
                   for one in opened.headers.get_list("set-cookie"))  # fmt: skip
    files = [("file", ("mine.txt", b"mine"))]
    sent = await visitor.http.post(f"/s/{links[0][0]}/files", files=files, headers=FORM)
    assert sent.status_code < 400, sent.text
    assert "mine.txt" in (await town.alice("GET", f"/api/v1/items/{town.uid(DOCS)}/children")).text
    assert "mine.txt" not in (await town.alice("GET", f"/api/v1/items/{town.uid('/alice/other')}/children")).text


@over(*ALL)
async def test_46_wrong_secrets_are_answered_alike(town: Town, face: str) -> None:
    """A secret that is nearly right is answered as one that is nothing like it, word for word."""
    secret, share = await town.link(A)
    token = town.tokens["alice"]
    pairs = [(token[:-1] + ("0" if token[-1] != "0" else "1"), "f" * len(token))]
    told = [[(reply.status, reply.body) for reply in [await town.client(one)(*data(town, face, A)) for one in pair]]
            for pair in pairs]  # fmt: skip
    if face in LINKS and face != "directus":
        near, far = secret[:-1] + ("0" if secret[-1] != "0" else "1"), "f" * len(secret)
        replies = [await through(town, face, one, share, A) for one in (near, far)]
        told.append([(one.status, one.body.replace(near.encode(), far.encode())) for one in replies])
    assert all(first == second for first, second in told), told
