"""Proposing: who may share what with whom, what happens to shares that are there, and what the report says."""

from typing import Any

import pytest
from tests.core.sharing.village import Village

from commonhold.core.changes import Put, Set
from commonhold.core.identity import Actor, Named
from commonhold.core.limits import Limits
from commonhold.core.model import (
    EVERYONE,
    LINK,
    MAIN_ORG,
    Allowance,
    Block,
    GroupTerms,
    Item,
    Member,
    Note,
    Notification,
    Outbox,
    Principal,
    Share,
)
from commonhold.core.problems import Problem
from commonhold.core.roles import ROLE_ACTIONS, Action, Kind, Role
from commonhold.core.sharing.inviting import invite
from commonhold.core.sharing.proposal import Asked, Did, OnExisting, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.sharing.telling import tell_again
from commonhold.core.terms import Terms

ANY = Kind(63)


@pytest.mark.parametrize("role", list(Role))
async def test_an_owner_shares_and_the_recipient_may_what_the_role_says(village: Village, role: Role) -> None:
    """A share with a user acts with the next decision."""
    pair = await village.share(village.alice, "bob", role=role)

    assert pair.did == Did.CREATED
    assert ROLE_ACTIONS[role] & ~Action.SHARE == await village.may(village.bob) & ~Action.SHARE
    assert await village.may(village.carol) == Action.NONE


@pytest.mark.parametrize("to", ["team", MAIN_ORG, EVERYONE])
async def test_groups_organisations_and_everyone_receive(village: Village, to: Any) -> None:
    """Whoever is in the recipient gets what it gets."""
    await village.share(village.alice, to)

    assert await village.may(village.bob) & Action.READ
    assert bool(await village.may(None)) is (to == EVERYONE)


@pytest.mark.parametrize(
    ("by", "to", "how", "code"),
    [
        ("alice", "nobody-of-this-name", {}, "unknown_recipient"),
        ("alice", "alice", {}, "self_share"),
        ("dora", "alice", {}, "owner_share"),
        ("bob", "carol", {}, "unknown_item"),
        ("alice", "bob", {"items": ("no-such-uid",)}, "unknown_item"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_its_place(
    village: Village, by: str, to: str, how: dict[str, Any], code: str
) -> None:
    """Unknown and invisible items look alike; nothing is written for a refused pair."""
    before = await village.everything()
    report = await village.propose(getattr(village, by), how.get("items", (village.file,)), (to,))

    assert [code] == [pair.refused.code for pair in report.pairs if pair.refused]
    assert before == await village.everything()


async def test_a_recipient_may_not_share_without_a_mask(village: Village) -> None:
    """A viewer's share that names no kinds cannot be passed on."""
    await village.share(village.alice, "bob")
    pair = await village.share(village.bob, "carol")

    assert pair.refused
    assert pair.refused.code == "forbidden"


async def test_a_reshare_hangs_on_what_was_received_and_dies_with_it(village: Village) -> None:
    """What bob passes on stands on bob and hangs on his share."""
    given = await village.share(village.alice, "bob", role=Role.EDITOR, terms=Terms(mask=Kind.USER))
    passed = await village.share(village.bob, "carol", role=Role.VIEWER)
    row = await village.build.get(Share, passed.no)

    assert (village.bob, given.no) == (row.stands_on, row.hangs_on)
    assert await village.may(village.carol) & Action.READ
    await village.share(village.alice, "bob", give=False)
    assert await village.may(village.carol) == Action.NONE


async def test_nobody_gives_more_than_he_has(village: Village) -> None:
    """A role above one's own is refused and names the highest; clamped, it is stored and capped when read."""
    await village.share(village.alice, "bob", terms=Terms(mask=ANY))
    pair = await village.share(village.bob, "carol", role=Role.EDITOR)

    assert pair.refused
    assert (pair.refused.code, pair.refused.facts["highest"]) == ("role_too_high", "viewer")
    await village.share(village.bob, "carol", role=Role.MANAGER, clamp=True)
    assert ROLE_ACTIONS[Role.VIEWER] == await village.may(village.carol) & ~Action.SHARE


async def test_a_mask_admits_kinds_of_recipients_only(village: Village) -> None:
    """What may be passed on to users may not be made a link."""
    await village.share(village.alice, "bob", terms=Terms(mask=Kind.USER))
    pair = await village.share(village.bob, LINK)

    assert pair.refused
    assert pair.refused.code == "reshare_not_allowed"


async def test_an_administrator_shares_on_behalf_and_the_share_is_the_owners(village: Village) -> None:
    """``for_owner`` stands on whoever owns the space, so the administrator may go."""
    await village.share(village.dora, "bob", for_owner=True)
    await village.share(village.dora, "carol")
    await village.build.set(Principal, village.dora, admin=False)

    assert await village.may(village.bob) & Action.READ
    assert await village.may(village.carol) == Action.NONE


async def test_allowances_refuse_kinds_lives_and_links_without_password(village: Village) -> None:
    """What would give nothing is refused when it is made."""
    await village.build.put(
        Allowance(village.alice, kinds=ANY & ~Kind.EVERYONE, longest=1_000, link_password=True, domains="[]")
    )
    now = village.clock()
    soon = Terms(until=now + 500)
    codes = []
    for to, terms in (
        (EVERYONE, soon),
        ("bob", Terms()),
        ("bob", Terms(until=now + 1_001)),
        (LINK, soon),
        ("x@example.org", soon),
    ):
        pair = await village.share(village.alice, to, terms=terms)
        codes.append(pair.refused and pair.refused.code)

    expected = ["kind_not_allowed", "life_too_long", "life_too_long", "password_needed", "domain_not_allowed"]
    assert expected == codes


async def test_recipients_may_refuse(village: Village) -> None:
    """Blocks, view-only groups, groups one is not in, and updating groups without confirmation."""
    await village.build.put(Block(village.bob, village.alice), GroupTerms(village.team, view_only=True))
    other = await village.build.group("others", village.carol)
    updating = await village.build.group("updating", village.alice)
    await village.build.put(GroupTerms(other), GroupTerms(updating, members_update=True))
    await village.share(village.alice, "carol", role=Role.VIEWER, terms=Terms(mask=ANY))
    codes = []
    for by, to, how in (
        (village.alice, "bob", False),
        (village.carol, "team", False),
        (village.alice, "others", False),
        (village.alice, "updating", False),
        (village.alice, "updating", True),
    ):
        pair = await village.share(by, to, item_control=how)
        codes.append(pair.refused and pair.refused.code)

    assert codes == ["recipient_refuses", "group_view_only", "not_a_member", "group_confirm_needed", None]


async def test_a_verified_address_is_its_owner(village: Village) -> None:
    """Sharing with an address is no way around its owner's block, and the owner of the item is the owner by address."""
    for name in ("alice", "bob"):
        await village.build.mail(f"{name}@example.org", getattr(village, name))
    await village.build.put(Block(village.bob, village.dora))
    codes = []
    for to in ("bob@example.org", "alice@example.org"):
        pair = await village.share(village.dora, to)
        codes.append(pair.refused and pair.refused.code)

    assert codes == ["recipient_refuses", "owner_share"]


async def test_an_address_without_account_is_pending_and_then_reaches_whoever_verifies_it(village: Village) -> None:
    """One edge from the user to the address claims all pending shares."""
    pair = await village.share(village.alice, "Eve@Example.org")
    row = await village.build.get(Share, pair.no)

    assert (pair.did, row.kind) == (Did.PENDING, Kind.MAIL)
    assert await village.may(village.carol) == Action.NONE
    await village.build.commit(Put(Member(village.carol, row.recipient)))
    assert await village.may(village.carol) & Action.READ
    assert (await village.share(village.alice, "eve@example.org", village.top)).did == Did.CREATED


@pytest.mark.parametrize(
    ("policy", "did", "role", "note"),
    [
        (OnExisting.KEEP, Did.KEPT, Role.EDITOR, "old"),
        (OnExisting.RAISE, Did.CHANGED, Role.EDITOR, "new"),
        (OnExisting.SET, Did.CHANGED, Role.VIEWER, "new"),
        (OnExisting.REPLACE, Did.CREATED, Role.VIEWER, "new"),
    ],
)
async def test_sharing_again_follows_the_policy(
    village: Village, policy: OnExisting, did: Did, role: Role, note: str
) -> None:
    """There is one live row per sharer, item and recipient, whatever was asked for."""
    first = await village.share(village.alice, "bob", role=Role.EDITOR, terms=Terms(note="old", mask=Kind.USER))
    again = await village.share(village.alice, "bob", terms=Terms(note="new"), on_existing=policy)
    rows = [row for row in await village.rows(Share) if row.recipient == village.bob]

    assert (did, role) == (again.did, again.role)
    assert len(rows) == 1
    assert note == (await village.build.get(Note, rows[0].no)).text
    assert (rows[0].uid == first.share) is (policy is not OnExisting.REPLACE)
    assert (rows[0].mask == Kind.USER) is (policy is not OnExisting.REPLACE)


async def test_adding_where_something_is_shared_is_refused_but_links_are_always_added(village: Village) -> None:
    """``add`` never merges."""
    await village.share(village.alice, "bob")
    again = await village.share(village.alice, "bob", on_existing=OnExisting.ADD)
    links = [await village.link(on_existing=OnExisting.ADD) for _ in range(2)]

    assert again.refused
    assert again.refused.code == "already_shared"
    assert links[0].uid != links[1].uid


@pytest.mark.parametrize("policy", [OnExisting.KEEP, OnExisting.RAISE, OnExisting.SET])
async def test_what_is_over_counts_as_none_and_is_made_anew(village: Village, policy: OnExisting) -> None:
    """Success is never told for a share that gives nothing afterwards."""
    first = await village.share(village.alice, "bob", terms=Terms(until=village.clock() + 10))
    village.clock.advance(10)
    again = await village.share(village.alice, "bob", on_existing=policy)

    assert again.did == Did.CREATED
    assert first.share != again.share
    assert await village.may(village.bob) & Action.READ


async def test_taking_away_ends_direct_shares_and_names_what_is_inherited(village: Village) -> None:
    """A share of the folder above is reported with its place and stays."""
    await village.share(village.alice, "bob", village.file)
    await village.share(village.alice, "bob", village.docs, role=Role.PREVIEWER)
    first = await village.share(village.alice, "bob", village.file, give=False)
    second = await village.share(village.alice, "bob", village.file, give=False)
    third = await village.share(village.alice, "carol", village.file, give=False)

    assert (first.did, first.count) == (Did.WITHDRAWN, 1)
    assert second.refused
    assert third.refused
    docs = await village.build.get(Item, village.docs)
    assert ("inherited", docs.uid) == (second.refused.code, second.refused.facts["place"])
    assert third.refused.code == "not_shared"
    assert await village.may(village.bob) == Action.READ


async def test_a_batch_does_the_good_pairs_and_reports_every_place(village: Village) -> None:
    """Duplicates are judged once and reported at each place; failures stand in their own; one transaction."""
    before = (await village.core.store.instance()).revision
    report = await village.propose(village.alice, (village.file, "gone", village.file), ("bob", "nobody", "bob"))

    places = [(pair.recipient, pair.item, pair.refused.code if pair.refused else pair.did) for pair in report.pairs]
    assert [found and found.code for found in report.items] == [None, "unknown_item", None]
    assert [found and found.code for found in report.recipients] == [None, "unknown_recipient", None]
    assert len(places) == 9
    assert sum(what == Did.CREATED for _, _, what in places) == 4
    assert sum(row.recipient == village.bob for row in await village.rows(Share)) == 1
    assert before + 1 == (await village.core.store.instance()).revision


async def test_an_atomic_batch_does_all_or_nothing(village: Village) -> None:
    """One refusal, and nothing at all is written."""
    before = await village.everything()
    report = await village.propose(village.alice, (village.file,), ("bob", "nobody"), atomic=True)

    assert not report.done
    assert before == await village.everything()


async def test_a_dry_run_tells_what_the_real_run_would_and_writes_nothing(village: Village) -> None:
    """Invariant 7, for all kinds of outcome at once."""
    await village.share(village.alice, "carol")
    people = ("bob", "carol", "nobody", "new@example.org", LINK)
    before = await village.everything()
    dry = await village.propose(village.alice, (village.docs, "gone"), people, dry_run=True)
    unchanged = await village.everything()
    real = await village.propose(village.alice, (village.docs, "gone"), people)

    assert before == unchanged
    assert dry.judgements() == real.judgements()


async def test_each_recipient_is_told_once_per_request(village: Village) -> None:
    """Ten items make one notification with a count, and one thing to mail."""
    other = await village.build.item(village.docs, "b.txt")
    await village.propose(village.alice, (village.file, other), ("bob", "x@example.org"))

    assert [(village.bob, 2)] == [(row.user, row.count) for row in await village.rows(Notification)]
    assert len(await village.rows(Outbox)) == 2
    await village.propose(village.alice, (village.file,), ("carol",), notify=False)
    assert len(await village.rows(Outbox)) == 2


async def test_a_link_is_mailed_to_addresses(village: Village) -> None:
    """Each good address gets a row in the outbox; a bad one fails nothing."""
    await village.link(mail_to=("a@example.org", "not an address", "A@example.org"))

    assert [row.kind for row in await village.rows(Outbox)] == ["link"]


async def test_a_link_is_mailed_to_allowed_addresses_alone(village: Village) -> None:
    """Where addresses are bounded, a link goes to no other one: with the proposal, afterwards, and when told again."""
    await village.build.put(Allowance(village.alice, domains='["example.org"]'))
    link = await village.link(mail_to=("a@example.org",))
    for refused in (
        village.link(mail_to=("a@example.org", "b@example.com")),
        invite(village.core, Actor(village.alice), link.no or 0, ("b@example.com",)),
        tell_again(village.core, Actor(village.alice), (link.no or 0,), ("b@example.com",)),
    ):
        with pytest.raises(Problem, match="domain_not_allowed"):
            await refused
    assert [row.kind for row in await village.rows(Outbox)] == ["link"]


@pytest.mark.parametrize(
    ("items", "to", "limits", "code"),
    [
        ((), ("bob",), {}, "missing_field"),
        ((1,), (), {}, "missing_field"),
        ((1, 2, 3), ("bob",), {"items": 2}, "too_many_items"),
        ((1,), ("bob", "carol", "x"), {"recipients": 2}, "too_many_recipients"),
        ((1, 2), ("bob", "carol"), {"pairs": 3}, "too_many_items"),
    ],
)
async def test_caps_refuse_the_whole_request(
    items: tuple[int, ...], to: tuple[str, ...], limits: dict[str, int], code: str
) -> None:
    """What is too large is refused before anything is read."""
    village = await Village.found(limits=Limits(**limits))
    with pytest.raises(Problem) as caught:
        await village.propose(village.alice, items, to)

    assert code == caught.value.code


async def test_nobody_shares_and_notes_have_an_end(village: Village) -> None:
    """A caller who is not signed in is told so; a note over the limit is refused."""
    with pytest.raises(Problem, match="unauthenticated"):
        await propose(village.core, Actor(), Proposal((Asked(village.file),), (Named("bob"),)))
    with pytest.raises(Problem, match="value_too_long"):
        await village.share(village.alice, "bob", terms=Terms(note="x" * 10_241))


async def test_a_day_has_an_end_too() -> None:
    """More shares than a person may make in a day are refused with the moment when it works again."""
    village = await Village.found(limits=Limits(shares_per_day=2))
    await village.propose(village.alice, (village.file,), ("bob", "carol"))
    with pytest.raises(Problem, match="daily_limit") as caught:
        await village.share(village.alice, LINK)
    village.clock.advance(86_400_001)

    assert village.clock() > caught.value.facts["retry_at"]
    assert (await village.share(village.alice, LINK)).did == Did.CREATED


async def test_a_scope_without_sharing_shares_nothing(village: Village) -> None:
    """A token that may only read cannot share, whoever owns it."""
    actor = Actor(village.alice, actions=Action.READ)
    report = await propose(village.core, actor, Proposal((Asked(village.file),), (Named("bob"),)))

    refused = report.refused()
    assert refused
    assert refused.code == "forbidden"


async def test_a_suspended_recipient_is_unknown(village: Village) -> None:
    """Whoever is suspended or deleted cannot be shared with."""
    await village.build.commit(Set(Principal, (village.bob,), {"state": "suspended"}))
    pair = await village.share(village.alice, "bob")

    assert pair.refused
    assert pair.refused.code == "unknown_recipient"
