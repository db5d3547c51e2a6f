"""Public links: whoever has the address reads the file, until the link is over; a wrong address is 404."""

import pytest
from tests.faces.filr.town import Town

from commonhold.core.content.tree import rename
from commonhold.core.directory.accounts import suspend
from commonhold.core.model import LINK, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.roles import Role
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.managing import new_secret, withdraw
from commonhold.core.terms import Terms

A = "/alice/a.txt"


async def link(town: Town, path: str = A, **how: object) -> tuple[str, Share]:
    """Make a link, and return its uid and row."""
    uid = await town.give(path, LINK, **how)  # type: ignore[arg-type]
    found: list[Share] = await town.core.store.rows(machine(), Rows(Share, (Where("uid", "eq", uid),)))
    return uid, found[0]


def address(town: Town, share: Share, word: str = "publicLink", name: str = "a.txt", key: str | None = None) -> str:
    """The address of a link."""
    return f"/ssf/s/readFile/share/{share.no}/{key or secret_of(town.core, share)}/{word}/{name}"


async def test_download_and_view(town: Town) -> None:
    """Both operations serve the bytes to nobody in particular; ranges work; the name at the end is for people."""
    _, share = await link(town)
    down = await town.nobody("GET", address(town, share))
    assert (down.status, down.text) == (200, "hello")
    assert down.headers["content-disposition"].startswith("attachment")
    view = await town.nobody("GET", address(town, share, "publicLinkHtml"))
    assert view.headers["content-disposition"].startswith("inline")
    assert "sandbox" in view.headers["content-security-policy"]
    part = await town.nobody("GET", address(town, share, name="other%20name"), headers={"range": "bytes=1-2"})
    assert (part.status, part.text) == (206, "el")


async def test_wrong_addresses(town: Town) -> None:
    """A wrong key, number or operation, and a key of another link, is not found: in words for browsers, too."""
    _, share = await link(town)
    _, other = await link(town, "/alice/b.txt")
    key = secret_of(town.core, share)
    for path in (
        address(town, share, key="1234567890"),
        address(town, share, key="-1234567890"),
        address(town, share, "publicLinkPdf"),
        address(town, share, key=secret_of(town.core, other)),
        address(town, other, key=key),
        f"/ssf/s/readFile/share/x/{key}/publicLink/a.txt",
        f"/ssf/s/readFile/share/{share.no}/{key}/publicLink",
    ):
        reply = await town.nobody("GET", path)
        assert (reply.status, "www-authenticate" in reply.headers) == (404, False), path
    page = await town.nobody("GET", address(town, share, key="x"), headers={"accept": "text/html"})
    assert (page.status, page.headers["content-type"].partition(";")[0]) == (404, "text/html")


async def test_the_key_has_160_bits(hamlet: Town) -> None:
    """The segment holds the secret of the link, and no number that could be guessed."""
    _, share = await link(hamlet)
    assert len(secret_of(hamlet.core, share)) * 4 >= 128


@pytest.mark.parametrize("end", ["withdrawn", "expired", "suspended", "new secret", "thrown away"])
async def test_a_link_that_is_over(town: Town, end: str) -> None:
    """It dies with its term, its withdrawal, its sharer, its secret and its file; a rename does it no harm."""
    uid, share = await link(town, terms=Terms(until=town.clock() + 1_000))
    await rename(town.core, town.actor("alice"), town.items[A].no, "b2.txt")
    assert (await town.nobody("GET", address(town, share))).status == 200
    if end == "withdrawn":
        await withdraw(town.core, town.actor("alice"), [uid])
    elif end == "expired":
        town.clock.advance(1_000)
    elif end == "suspended":
        await suspend(town.core, town.actor("root"), town.no("alice"))
    elif end == "new secret":
        await new_secret(town.core, town.actor("alice"), uid)
    else:
        await town.alice("DELETE", f"/folder_entries/{town.no(A)}")
    assert (await town.nobody("GET", address(town, share))).status == 404


@pytest.mark.parametrize("terms", [Terms(password="sesame"), Terms(max_uses=1)])
async def test_what_has_to_be_opened_first(town: Town, terms: Terms) -> None:
    """A link with a password, or that counts its uses, gives no byte here: its page opens it."""
    _, share = await link(town, terms=terms)
    reply = await town.nobody("GET", address(town, share))
    assert (reply.status, reply.headers["location"].endswith(f"/s/{secret_of(town.core, share)}")) == (303, True)


async def test_a_folder_is_opened_by_its_page(town: Town) -> None:
    """A link of another face to a folder leads to the link's page."""
    _, share = await link(town, "/alice/docs")
    assert (await town.nobody("GET", address(town, share))).status == 303


async def test_a_previewer_gets_no_bytes(town: Town) -> None:
    """A link whose role shows previews alone hands out nothing."""
    _, share = await link(town, role=Role.PREVIEWER)
    assert (await town.nobody("GET", address(town, share))).status == 404
