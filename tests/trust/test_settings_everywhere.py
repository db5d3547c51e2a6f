"""The limits that administrators set hold by every face: for what is made, for what is changed, for what is open."""

from typing import Any, Final

import pytest
from tests.trust.doors import GIVE, REACHES, through
from tests.trust.town import Town

from commonhold.core.directory.allowances import domains, drop_allowance, set_allowance
from commonhold.core.model import EVERYONE, Allowance, Outbox
from commonhold.core.roles import ANY_KIND, Kind, Role

FILE: Final = "/alice/a.txt"
DAY: Final = 86_400_000
ISO: Final = "2099-01-01T00:00:00Z"
LINKING: Final = [face for face in GIVE if "link" in REACHES[face] and face != "puter"]  # its tokens are no links


async def limit(town: Town, **limits: Any) -> None:
    """Set the limits of everybody, as the page of settings does."""
    await set_allowance(town.core, town.actor("root"), EVERYONE, Allowance(0, **limits))


async def made(town: Town) -> list[int]:
    """Return the links to the file."""
    return [share.no for share in await town.shares(FILE) if share.kind is Kind.LINK]


@pytest.mark.parametrize("face", GIVE)
async def test_what_is_not_allowed_is_not_made(town: Town, face: str) -> None:
    """No face makes a share of a kind that is switched off, a link without its password, or one that lives too long."""
    limits: tuple[dict[str, Any], ...] = (
        {"kinds": Kind.NONE},
        {"longest": DAY},
        {"kinds": ANY_KIND & ~Kind.LINK & ~Kind.EVERYONE},
        {"link_password": True},
    )
    for number, wanted in enumerate(limits):
        await limit(town, **wanted)
        for to in REACHES[face]:
            closed = number < 2 or to in ("link", "everyone")[: 4 - number]
            given = await GIVE[face](town, town.alice, FILE, to, Role.VIEWER)
            if closed and not (face == "puter" and to == "link"):
                assert not given.done, (wanted, to, given.reply)
                assert given.reply.status < 500
                assert not await made(town)


@pytest.mark.parametrize("face", LINKING)
async def test_what_is_open_obeys_at_once(town: Town, face: str) -> None:
    """A link that was handed out opens nothing while the settings do not carry it, and opens again when they do."""
    secret, share = await town.link(FILE)
    assert (await through(town, face, secret, share, FILE)).body == FILE.encode()
    for wanted in ({"kinds": ANY_KIND & ~Kind.LINK}, {"link_password": True}, {"longest": 0}):
        await limit(town, **wanted)
        shut = await through(town, face, secret, share, FILE)
        assert FILE.encode() not in shut.body, (wanted, shut)
        assert shut.status < 500
        await drop_allowance(town.core, town.actor("root"), EVERYONE)
        assert (await through(town, face, secret, share, FILE)).body == FILE.encode()


async def test_what_is_there_is_not_changed_beyond_them(town: Town) -> None:
    """A link's password cannot be taken away, nor its end moved out, by any face that changes shares."""
    until = town.clock() + DAY
    _, share = await town.link(FILE, password="pw", until=until)
    (row,) = await town.shares(FILE)
    await limit(town, link_password=True, longest=2 * DAY)
    asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("PATCH", f"/api/v1/shares/{share}", {"terms": {"password": None}}),
        ("PATCH", f"/api/v1/shares/{share}", {"terms": {"until": None}}),
        ("PATCH", f"/shares/{share}", {"password": None}),
        ("PATCH", f"/shares/{share}", {"password": ""}),
        ("PATCH", f"/shares/{share}", {"date_end": None}),
        ("PATCH", f"/shares/{share}", {"date_end": ISO}),
        ("POST", f"/rest/shares/{row.no}", {"access": {"role": "VIEWER"}, "expiration": ISO}),
        ("POST", f"/app/shares/{share}/edit", {}),
    )
    for method, path, body in asked:
        reply = await town.alice(method, path, body)
        assert 400 <= reply.status < 500, (path, body, reply)
        (kept,) = await town.shares(FILE)
        assert (kept.password is not None, kept.until) == (True, until), (path, body)


async def test_addresses_of_other_domains_are_invited_by_no_face(town: Town) -> None:
    """As a recipient, as a guest, by a mailed link: none of them goes out."""
    await limit(town, domains=domains(["example.org"]))
    _, share = await town.link(FILE)
    to = "x@example.com"
    before = await town.shares(FILE)
    item = town.items[FILE]
    asked: tuple[tuple[str, str, Any], ...] = (
        (
            "POST",
            "/api/v1/shares",
            {"items": [item.uid], "recipients": [{"kind": "mail", "name": to}], "role": "viewer"},
        ),
        (
            "POST",
            "/api/v1/shares",
            {"items": [item.uid], "recipients": [{"kind": "link"}], "role": "viewer", "mail_to": [to]},
        ),
        ("POST", "/share", {"recipients": [to], "items": [{"uid": item.uid}], "mode": "read"}),
        ("POST", "/shares/invite", {"share": share, "emails": [to]}),
        (
            "POST",
            f"/rest/folder_entries/{item.no}/shares",
            {"recipient": {"type": "external_user", "email": to}, "access": {"role": "VIEWER"}},
        ),
    )
    for method, path, body in asked:
        reply = await town.alice(method, path, body)
        assert reply.status < 500, (path, reply)
        assert await town.shares(FILE) == before, (path, reply)
    assert [row.kind for row in await town.rows(Outbox) if row.kind in ("share", "link")] == []
