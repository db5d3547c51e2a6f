"""Changing and ending shares: who may, what moves, and what a refusal leaves as it was."""

from typing import Any

import pytest
from tests.core.sharing.village import Village

from commonhold.core.changes import Put
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import LINK, Level, LinkKey, Member, Note, Share, Use
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, Role
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.managing import amend, new_secret, renew, withdraw
from commonhold.core.sharing.opening import by_secret, open_share
from commonhold.core.sharing.proposal import Did
from commonhold.core.terms import Terms

ANY = Kind(63)


async def chain(village: Village) -> tuple[int, int]:
    """Let alice share with bob, and bob with carol; return both numbers."""
    given = await village.share(village.alice, "bob", role=Role.EDITOR, terms=Terms(mask=ANY))
    passed = await village.share(village.bob, "carol", role=Role.VIEWER)
    assert given.no
    assert passed.no
    return given.no, passed.no


@pytest.mark.parametrize(
    ("who", "ends", "changes"),
    [
        ("alice", True, True),  # backer above, and owner
        ("bob", True, True),  # sharer
        ("carol", True, False),  # recipient: may leave, may not change
        ("dora", True, True),  # administrator
        ("guest", False, False),
    ],
)
async def test_who_may_end_and_who_may_change_a_reshare(village: Village, who: str, ends: bool, changes: bool) -> None:
    """Strangers are told that there is no such share."""
    _, passed = await chain(village)
    actor = Actor(getattr(village, who))

    if changes:
        assert (await amend(village.core, actor, passed, role=Role.PREVIEWER)).role == Role.PREVIEWER
    else:
        with pytest.raises(Problem, match=r"forbidden|unknown_share"):
            await amend(village.core, actor, passed, role=Role.PREVIEWER)
    report = await withdraw(village.core, actor, [passed])
    assert ends is (report.refused() is None)
    assert ends is (await village.may(village.carol) == Action.NONE)


async def test_managers_of_a_group_may_end_what_it_received_and_members_may_not(village: Village) -> None:
    """One member's leaving is not the group's."""
    pair = await village.share(village.alice, "team")
    await village.build.commit(Put(Member(village.carol, village.team, Level.MANAGER)))

    refused = (await withdraw(village.core, Actor(village.bob), [pair.no or 0])).refused()
    assert refused
    assert refused.code == "forbidden"
    assert (await withdraw(village.core, Actor(village.carol), [pair.no or 0])).done
    assert await village.may(village.bob) == Action.NONE


async def test_a_withdrawn_share_is_gone_with_its_note_key_and_uses(village: Village) -> None:
    """The small rows go with the share, and what hung on it gives nothing any more."""
    link = await village.link(terms=Terms(note="hello", max_uses=2))
    await village.open(link)
    report = await withdraw(village.core, Actor(village.alice), [link.uid, link.no])

    assert [pair.did for pair in report.pairs] == [Did.WITHDRAWN, Did.WITHDRAWN]
    assert [await village.rows(table) for table in (Share, Note, LinkKey, Use)] == [[], [], [], []]


async def test_a_batch_of_withdrawals_is_all_or_nothing_unless_asked(village: Village) -> None:
    """An unknown share among good ones stops an atomic batch and is only reported by another one."""
    given, _ = await chain(village)
    actor = Actor(village.alice)
    dry = await withdraw(village.core, actor, [given, "unknown"], dry_run=True)
    atomic = await withdraw(village.core, actor, [given, "unknown"])

    assert dry.judgements() == atomic.judgements()
    assert not atomic.done
    assert await village.may(village.carol)
    loose = await withdraw(village.core, actor, [given, "unknown"], atomic=False)
    assert [pair.did for pair in loose.pairs] == [Did.WITHDRAWN, None]
    assert await village.may(village.carol) == Action.NONE
    with pytest.raises(Problem, match="unauthenticated"):
        await withdraw(village.core, NOBODY, [given])


async def test_an_amendment_sets_what_it_names_and_gives_a_new_version(village: Village) -> None:
    """Unnamed terms stay; None takes a term away; an old version is refused."""
    pair = await village.share(village.alice, "bob", terms=Terms(until=village.clock() + 100, note="x", mask=Kind.USER))
    actor, no = Actor(village.alice), pair.no or 0
    old = await village.build.get(Share, no)
    new = await amend(village.core, actor, no, terms=Terms(until=None, note=None), if_version=old.version)

    assert (new.until, new.mask, new.role) == (None, Kind.USER, Role.VIEWER)
    assert new == await village.build.get(Share, no)
    assert new.version > old.version
    assert await village.rows(Note) == []
    with pytest.raises(Problem, match="precondition_failed"):
        await amend(village.core, actor, no, role=Role.EDITOR, if_version=old.version)


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.MANAGER])
async def test_an_amendment_never_lifts_a_share_above_its_backing(village: Village, role: Role) -> None:
    """Abuse cases 1 to 6: not by its sharer, and clamped it gives no more."""
    _, passed = await chain(village)
    with pytest.raises(Problem, match="role_too_high"):
        await amend(village.core, Actor(village.bob), passed, role=role)
    await amend(village.core, Actor(village.bob), passed, role=role, clamp=True, terms=Terms(mask=Kind.NONE))

    assert not await village.may(village.carol) & (Action.CREATE | Action.SHARE | Action.MANAGE)


@pytest.mark.parametrize(
    "terms", [Terms(until=None), Terms(mask=ANY), Terms(max_uses=5), Terms(note="mine"), Terms(password="x")]
)
async def test_a_recipient_changes_no_term_of_his_share(village: Village, terms: Terms) -> None:
    """Abuse case 6, field by field."""
    pair = await village.share(village.alice, "bob", terms=Terms(until=village.clock() + 100, mask=Kind.USER))
    before = await village.everything()
    with pytest.raises(Problem, match="forbidden"):
        await amend(village.core, Actor(village.bob), pair.no or 0, terms=terms)

    assert before == await village.everything()


async def test_an_amendment_can_be_tried_first(village: Village) -> None:
    """A dry run returns what would be and writes nothing."""
    pair = await village.share(village.alice, "bob")
    before = await village.everything()
    tried = await amend(village.core, Actor(village.alice), pair.no or 0, role=Role.EDITOR, dry_run=True)

    assert tried.role == Role.EDITOR
    assert before == await village.everything()


async def test_a_new_secret_closes_the_old_link_and_its_passes(village: Village) -> None:
    """The next generation opens; whatever was handed out under the last one is dead."""
    link = await village.link()
    opened = await village.open(link)
    old = by_secret(secret_of(village.core, link))
    assert await village.may((await open_share(village.core, NOBODY, link.uid)).actor) & Action.READ
    new = await new_secret(village.core, Actor(village.alice), link.no)

    assert await village.may(opened.actor) == Action.NONE
    for known in (old, link.uid):
        with pytest.raises(Problem, match="unknown_share"):
            await open_share(village.core, NOBODY, known)
    assert await village.may((await village.open(new)).actor) & Action.READ
    person = await village.share(village.alice, "bob")
    with pytest.raises(Problem, match="not_for_items"):
        await new_secret(village.core, Actor(village.alice), person.no or 0)
    with pytest.raises(Problem, match=r"forbidden|unknown_share"):
        await new_secret(village.core, Actor(village.bob), link.no)


async def test_a_renewed_share_counts_from_nought(village: Village) -> None:
    """Renewing gives a new end and all uses again."""
    link = await village.link(terms=Terms(max_uses=1, until=village.clock() + 100))
    await village.open(link)
    village.clock.advance(100)
    renewed = await renew(village.core, Actor(village.alice), link.no, Terms(until=village.clock() + 50))

    assert await village.may((await village.open(renewed)).actor) & Action.READ
    with pytest.raises(Problem, match="link_used_up"):
        await village.open(renewed)


@pytest.mark.parametrize("share", [LINK, "bob"])
async def test_taking_a_needed_password_away_is_refused(village: Village, share: Any) -> None:
    """Where links need passwords, an amendment cannot drop one; people need none."""
    from commonhold.core.model import Allowance

    await village.build.put(Allowance(village.alice, link_password=True))
    pair = await village.share(village.alice, share, terms=Terms(password="secret"))
    await amend(village.core, Actor(village.alice), pair.no or 0, terms=Terms(note="kept"))
    if share == LINK:
        with pytest.raises(Problem, match="password_needed"):
            await amend(village.core, Actor(village.alice), pair.no or 0, terms=Terms(password=None))
    else:
        assert (
            await amend(village.core, Actor(village.alice), pair.no or 0, terms=Terms(password=""))
        ).password is None
