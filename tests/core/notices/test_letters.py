"""Letters: decided when they are sent, from what holds then."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from tests.core.notices.street import Street, address

from commonhold.core.changes import CountUse, Drop
from commonhold.core.core import judge
from commonhold.core.directory.claims import guest_entry, verify_address
from commonhold.core.directory.joining import join_group
from commonhold.core.directory.letters import INVITE, RESET, VERIFY, reset_password
from commonhold.core.identity import Actor
from commonhold.core.limits import DAY
from commonhold.core.model import (
    EVERYONE,
    LINK,
    MAIN_ORG,
    ROWS,
    GroupTerms,
    Item,
    Life,
    Member,
    Outbox,
    Principal,
    Profile,
    Share,
    State,
)
from commonhold.core.notices.letters import LISTED, gives, letter
from commonhold.core.notices.outbox import take
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.managing import withdraw
from commonhold.core.sharing.opening import by_secret, open_share
from commonhold.core.terms import Terms

ZOE = "zoe@example.net"


async def test_a_user_is_told(street: Street) -> None:
    """Somebody who gets a share gets one letter: sharer, item with its page, note and end; and one notification."""
    end = street.clock() + DAY
    await street.share(street.bob, terms=Terms(note="For you", until=end))
    told = await street.letter()
    item = await street.make.get(Item, street.files[0])
    assert (told.address, told.sharer, told.note, told.until) == ("bob@example.org", "Alice Archer", "For you", end)
    assert [(offer.name, offer.page, offer.part) for offer in told.offers] == [("file 1.txt", "item", item.uid)]
    assert (told.page, told.part, told.password, told.starts) == (None, None, False, None)
    (line,) = await street.lines(street.bob)
    assert (line.by, line.item, line.count) == (street.alice, street.files[0], 1)


async def test_one_letter_for_all_items(street: Street) -> None:
    """However many items are shared at once, a recipient gets one letter and one notification."""
    more = [await street.make.item(street.top, f"more {n}") for n in range(LISTED)]
    await street.share(street.bob, address(ZOE), files=[*street.files, *more])
    for told in await street.letters():
        assert told is not None
        assert len(told.offers) == LISTED
        assert told.more == 3
    (line,) = await street.lines(street.bob)
    assert line.count == LISTED + 3


async def test_requests_are_told_apart(street: Street) -> None:
    """Two requests of the same moment make two letters, each with its own items."""
    await street.share(street.bob, files=street.files[:1])
    await street.share(street.bob, files=street.files[1:])
    first, second = await street.letters()
    assert first is not None
    assert second is not None
    assert [offer.name for offer in first.offers] == ["file 1.txt"]
    assert [offer.name for offer in second.offers] == ["file 2.txt", "file 3.txt"]


async def test_an_address_gets_a_way_in(street: Street) -> None:
    """A letter to an address without account carries a one-time secret that lets its holder in as a guest."""
    await street.share(address(ZOE))
    told = await street.letter()
    assert (told.address, told.page) == (ZOE, "enter")
    assert [offer.page for offer in told.offers] == [None]
    assert told.part is not None
    guest = (await guest_entry(street.core, told.part)).credential.principal
    assert (await decide(street.core, Actor(guest), street.files[0])).actions
    with pytest.raises(Problem, match="bad_token"):
        await guest_entry(street.core, told.part)


async def test_a_claimed_address_gets_no_secret(street: Street) -> None:
    """If an account has verified the address meanwhile, the letter leads to the item, and whoever opens it logs in."""
    await street.share(address(ZOE))
    (row,) = await street.waiting()
    await street.make.put(Member(street.carol, row.principal or 0))
    told = await street.letter()
    assert (told.page, told.part) == (None, None)
    assert [offer.page for offer in told.offers] == ["item"]


async def test_links_are_mailed(street: Street) -> None:
    """Each address gets one letter with the link of every item; each link opens its item."""
    await street.link(ZOE, "yan@example.net", files=street.files[:2], terms=Terms(password="please open"))
    letters = await street.letters()
    assert sorted(told.address for told in letters if told) == ["yan@example.net", ZOE]
    for told in letters:
        assert told is not None
        assert [(offer.name, offer.page) for offer in told.offers] == [("file 1.txt", "link"), ("file 2.txt", "link")]
        assert told.password is True
    assert letters[0] is not None
    secret = letters[0].offers[1].part or ""
    opened = await open_share(street.core, Actor(None, address="192.0.2.1"), by_secret(secret), "please open")
    assert opened.share.item == street.files[1]


async def test_what_was_withdrawn_is_not_told(street: Street) -> None:
    """A share that is withdrawn before its letter is sent is not mailed; what is left of the request is."""
    report = await street.share(street.bob, files=street.files[:2])
    other = await street.share(address(ZOE))
    await withdraw(street.core, Actor(street.alice), [no for r in (report, other) for p in r.pairs[:1] if (no := p.no)])
    letters = await street.letters()
    assert [[offer.name for offer in told.offers] if told else None for told in letters] == [["file 2.txt"], None]


Happening = Callable[[Street, int], Awaitable[object]]


async def _use_up(street: Street, share: int) -> None:
    await street.make.set(Share, share, max_uses=1)
    await street.make.commit(CountUse(share, 1, street.clock()))


HAPPENINGS: dict[str, Happening] = {
    "it ended": lambda s, no: s.make.set(Share, no, until=s.clock()),
    "its window is empty": lambda s, no: s.make.set(Share, no, starts=s.clock() + 2, until=s.clock() + 1),
    "it was used up": _use_up,
    "its item was thrown away": lambda s, no: s.make.set(Item, s.files[0], life=Life.TRASHED),
    "a folder above was deleted": lambda s, no: s.make.set(Item, s.top, life=Life.DELETED),
    "the sharer was suspended": lambda s, no: s.make.set(Principal, s.alice, state=State.SUSPENDED),
    "the recipient was suspended": lambda s, no: s.make.set(Principal, s.bob, state=State.SUSPENDED),
    "the recipient's address is gone": lambda s, no: s.make.set(Profile, s.bob, email=None),
}


@pytest.mark.parametrize("name", HAPPENINGS)
async def test_what_gives_nothing_is_not_told(street: Street, name: str) -> None:
    """No letter is sent of a share that gives its recipient nothing at the moment of sending."""
    report = await street.share(street.bob)
    await HAPPENINGS[name](street, report.pairs[0].no or 0)
    assert await street.letters() == [None]


async def test_what_has_not_begun_is_told(street: Street) -> None:
    """A share that begins later is told at once, with its beginning; unless it would be over or unbacked by then."""
    starts = street.clock() + DAY
    await street.share(street.bob, terms=Terms(starts=starts))
    assert (await street.letter()).starts == starts


async def test_only_verified_addresses(street: Street) -> None:
    """Nothing is mailed to an address that its account has not verified, nor to nowhere; the notification is there."""
    await street.share(street.dan, street.carol)
    assert await street.letters() == [None, None]
    assert len(await street.lines(street.dan)) == len(await street.lines(street.carol)) == 1


async def test_no_secret_and_no_text_in_any_row(street: Street) -> None:
    """Neither notes nor names nor secrets stand in the rows of outbox, notifications, events and credentials."""
    await street.share(address(ZOE), terms=Terms(note="between us"))
    await street.link("yan@example.net")
    letters = await street.letters()
    texts = ["between us", "file 1.txt", "Archer"]
    for told in letters:
        assert told is not None
        texts += [part for part in (told.part, *(offer.part for offer in told.offers)) if part]
    assert len(texts) == 5
    quiet = [row for row in ROWS if row.table in ("outbox", "notification", "event", "credential", "share", "link_key")]
    everything = repr([await street.rows(table) for table in quiet])
    assert not [text for text in texts if text in everything]
    assert not [text for text in texts[3:] if text in repr(letters)]


async def test_letters_of_accounts(street: Street) -> None:
    """Verification, reset and invitation carry a secret that does what the letter says, once."""
    core, make = street.core, street.make
    guest = await street.person("eve", "eve@example.org", verified=False)
    await make.set(Principal, guest, state=State.PENDING)
    wanted = ((VERIFY, street.dan), (RESET, street.bob), (INVITE, guest))
    await make.put(*(Outbox(-n, kind, to, None) for n, (kind, to) in enumerate(wanted, 1)))
    verify, reset, invite = await street.letters()
    assert verify is not None
    assert reset is not None
    assert invite is not None
    assert [(told.address, told.page) for told in (verify, reset, invite)] == [
        ("dan@example.org", "verify"),
        ("bob@example.org", "reset"),
        ("eve@example.org", "reset"),
    ]
    assert await verify_address(core, verify.part or "") == street.dan
    assert (await reset_password(core, reset.part or "", "a new password")).credential.principal == street.bob
    assert (await reset_password(core, invite.part or "", "a new password")).credential.principal == guest


async def test_letters_that_nobody_needs_any_more(street: Street) -> None:
    """What is done already, or concerns nobody, is not sent: no secret is made for it."""
    wanted = ((VERIFY, street.bob), (INVITE, street.bob), (RESET, street.carol), (RESET, None), ("unheard of", 16))
    await street.make.put(*(Outbox(-n, kind, to, None) for n, (kind, to) in enumerate(wanted, 1)))
    assert await street.letters() == [None] * len(wanted)


async def test_an_owner_is_asked(street: Street) -> None:
    """The owner of a group is told who asks to join, with the page of the group."""
    club = await street.make.group("Chess club", owner=street.alice)
    await street.make.put(GroupTerms(club, joining="asked", visible=Kind.EVERYONE))
    await join_group(street.core, Actor(street.bob), club)
    told = await street.letter()
    assert (told.address, told.sharer, told.subject_of, told.page) == (
        "alice@example.org",
        "bob",
        "Chess club",
        "group",
    )


async def test_an_owner_is_not_asked_for_the_gone(street: Street) -> None:
    """If whoever asks was suspended meanwhile, the owner is not bothered."""
    club = await street.make.group("Chess club", owner=street.alice)
    facts = msgspec.json.encode({"user": street.bob, "group": club}).decode()
    await street.make.put(Outbox(-1, "join", street.alice, None, facts=facts))
    await street.make.set(Principal, street.bob, state=State.SUSPENDED)
    assert await street.letters() == [None]


async def test_organisations_and_everyone_are_not_told(street: Street) -> None:
    """A share with an organisation or with everyone writes to nobody."""
    await street.share(MAIN_ORG, EVERYONE)
    assert await street.waiting() == []


async def test_a_sharer_without_a_name(street: Street) -> None:
    """A sharer whose names were erased is told of without one."""
    await street.share(street.bob)
    await street.make.commit(Drop(Profile, (street.alice,)))
    assert (await street.letter()).sharer is None


async def test_withdrawn_between_two_readings(street: Street) -> None:
    """A share that was read and is gone at the next reading gives nothing."""
    report = await street.share(street.bob)
    share = await street.make.get(Share, report.pairs[0].no)
    assert gives(await judge(street.core, Look(Actor(None), shares=(share.no,))), share)
    await withdraw(street.core, Actor(street.alice), [share.no])
    assert not gives(await judge(street.core, Look(Actor(None), shares=(share.no,))), share)


async def test_a_row_about_nothing(street: Street) -> None:
    """A row without share or recipient, as an older program may have left it, is no letter and no mistake."""
    await street.make.put(Outbox(-1, "share", None, None), Outbox(-2, "link", LINK, 4))
    assert [await letter(street.core, row) for row in await take(street.core)] == [None, None]
