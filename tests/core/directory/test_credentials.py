"""Secrets handed out: turned into actors, listed, ended; personal tokens, passes, Basic."""

import asyncio

import pytest
from tests.core.directory.town import PASSWORD, Town, actor, refused, user

from commonhold.core.changes import Drop
from commonhold.core.directory.accounts import set_password, suspend
from commonhold.core.directory.basic import BasicCache, verify_basic
from commonhold.core.directory.credentials import actor_of, issue, with_passes
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.people import Person
from commonhold.core.directory.sign_in import sign_in, sign_out_everywhere
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.directory.tokens import create_token, end_credential, list_credentials
from commonhold.core.identity import NOBODY, Actor, Pass
from commonhold.core.model import LINK, Credential, CredentialKind, Share, Space
from commonhold.core.problems import Problem
from commonhold.core.roles import ALL, Action
from commonhold.testing.build import Builder


async def test_tokens_act_for_their_owner(town: Town, alice: Person) -> None:
    """A personal token runs as its owner, in its scope, until its end."""
    until = town.clock() + 1_000
    issued = await create_token(town.core, actor(alice), label="backup", actions=Action.READ, until=until)

    who = await actor_of(town.core, issued.secret)
    assert (alice.no, Action.READ) == (who.user, who.actions)
    town.clock.advance(1_000)
    with refused("bad_token"):
        await actor_of(town.core, issued.secret)


async def test_tokens_have_no_end_unless_a_life_is_set(alice: Person, town: Town) -> None:
    """Without a life in the limits a token ends when its owner says so; with one, never later than that."""
    assert (await create_token(town.core, actor(alice))).credential.until is None
    short = Town(token_life=1_000)
    ada = await short.user("ada")
    for until in (None, short.clock() + 2_000):
        assert short.clock() + 1_000 == (await create_token(short.core, actor(ada), until=until)).credential.until


async def test_a_token_is_never_wider_than_its_maker(town: Town, alice: Person) -> None:
    """A narrow credential makes no wider one, and none at all without the scope to manage."""
    narrow = Actor(alice.no, actions=Action.READ | Action.MANAGE)
    assert narrow.actions == (await create_token(town.core, narrow)).credential.actions
    with refused("forbidden", field="actions"):
        await create_token(town.core, narrow, actions=ALL)
    with refused("forbidden"):
        await create_token(town.core, Actor(alice.no, actions=Action.READ))
    with refused("end_in_past", field="until"):
        await create_token(town.core, actor(alice), until=town.clock())


async def test_tokens_for_others(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """The operator and administrators of the installation make tokens for others, not for the suspended."""
    for who in (OPERATOR, actor(root)):
        issued = await create_token(town.core, who, user("alice"))
        assert alice.no == (await actor_of(town.core, issued.secret)).user
    with refused("forbidden"):
        await create_token(town.core, actor(bob), alice.no)
    with refused("unauthenticated"):
        await create_token(town.core, NOBODY)
    await suspend(town.core, actor(root), alice.no)
    with refused("account_inactive"):
        await create_token(town.core, actor(root), alice.no)


async def test_listing_and_ending(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Somebody sees his sessions and tokens without secrets, and ends them by number or uid; others cannot."""
    session = await sign_in(town.core, "alice", PASSWORD)
    who = await actor_of(town.core, session.secret)
    token = await create_token(town.core, who, label="backup")
    draft = Draft(town.core, who)
    issue(town.core, draft, CredentialKind.VERIFY, alice.no)
    await draft.commit()

    listed = (await list_credentials(town.core, who)).rows
    assert [(c.kind, c.label, c.current) for c in listed] == [("session", None, True), ("token", "backup", False)]
    assert token.secret not in repr(listed)
    for which in (token.credential.uid, token.credential.no, 999):
        with refused("not_found"):
            await end_credential(town.core, actor(bob), which)
    with refused("forbidden"):
        await list_credentials(town.core, actor(bob), alice.no)
    await end_credential(town.core, who, token.credential.uid)
    with refused("bad_token"):
        await actor_of(town.core, token.secret)
    await end_credential(town.core, actor(root), session.credential.no)
    assert (await list_credentials(town.core, actor(root), alice.no)).rows == ()


async def test_pages_of_credentials(town: Town, alice: Person) -> None:
    """They page by number."""
    for _ in range(3):
        await create_token(town.core, actor(alice))
    first = await list_credentials(town.core, actor(alice), limit=2)
    rest = await list_credentials(town.core, actor(alice), after=first.next, limit=2)

    assert (len(first.rows), len(rest.rows), rest.next) == (2, 1, None)


@pytest.mark.parametrize("kind", [CredentialKind.REFRESH, CredentialKind.SETUP, CredentialKind.RESET])
async def test_not_every_credential_acts(town: Town, alice: Person, kind: CredentialKind) -> None:
    """What is for something else than requests runs as nobody's request."""
    draft = Draft(town.core, actor(alice))
    issued = issue(town.core, draft, kind, alice.no)
    await draft.commit()
    with refused("bad_token"):
        await actor_of(town.core, issued.secret)


async def opened(town: Town, alice: Person) -> tuple[Share, str]:
    """A link on something of hers, and the secret of a pass to it."""
    build = Builder(town.core.store)
    (space,) = await town.rows(Space, owner=alice.no)
    share = await build.get(Share, await build.share(space.root, LINK, state_at=5))
    draft = Draft(town.core, NOBODY)
    issued = issue(town.core, draft, CredentialKind.PASS, None, share=share.no, state_at=5, life=1_000)
    await draft.commit()
    return share, issued.secret


async def test_passes(town: Town, alice: Person) -> None:
    """A pass runs as nobody who holds it, until its end, another password of the share, or the share's end."""
    share, secret = await opened(town, alice)
    who = await actor_of(town.core, secret)

    assert (None, (Pass(share.no, 5),)) == (who.user, who.passes)
    await town.set(Share, share.no, state_at=6)
    with refused("bad_token"):
        await actor_of(town.core, secret)
    await town.set(Share, share.no, state_at=5)
    assert who == await actor_of(town.core, secret)
    await town.core.store.commit([Drop(Share, (share.no,))])
    with refused("bad_token"):
        await actor_of(town.core, secret)


async def test_passes_beside_a_session(town: Town, alice: Person, bob: Person) -> None:
    """Somebody who is logged in holds the links he opened beside; what is over or no pass is left out."""
    share, secret = await opened(town, alice)
    session = await sign_in(town.core, "bob", PASSWORD)
    who = await actor_of(town.core, session.secret)

    both = await with_passes(town.core, who, [secret, "made up", session.secret, secret])
    assert (bob.no, (Pass(share.no, 5),)) == (both.user, both.passes)
    assert both.actions == who.actions
    town.clock.advance(1_000)
    assert (await with_passes(town.core, who, [secret])).passes == ()


async def test_basic_compares_once(town: Town, alice: Person) -> None:
    """A pair that fitted is not compared again for a while, however many requests come at the same time."""
    cache = BasicCache()
    found = await asyncio.gather(*(verify_basic(town.core, cache, "alice", PASSWORD) for _ in range(20)))

    assert {alice.no} == {who.user for who in found}
    assert (await town.events()).count("session.begun") == 1
    await verify_basic(town.core, cache, "alice", PASSWORD)
    assert (await town.events()).count("session.begun") == 1
    town.clock.advance(town.core.limits.basic_life)
    await verify_basic(town.core, cache, "alice", PASSWORD)
    assert (await town.events()).count("session.begun") == 2


async def test_basic_takes_a_token_as_password(town: Town, root: Person, alice: Person) -> None:
    """A personal token counts as its owner's password, by name or address, without a session, until it is ended."""
    cache = BasicCache()
    token = await create_token(town.core, actor(alice), actions=Action.READ)
    for name in ("alice", "alice@example.org", "alice"):
        who = await verify_basic(town.core, cache, name, token.secret)
        assert (who.user, who.actions) == (alice.no, Action.READ)
    assert "session.begun" not in await town.events()
    with refused("bad_credentials"):
        await verify_basic(town.core, cache, "root", token.secret)
    await end_credential(town.core, actor(alice), token.credential.no)
    with refused("bad_credentials"):
        await verify_basic(town.core, cache, "alice", token.secret)


async def test_basic_forgets_at_once(town: Town, root: Person, alice: Person) -> None:
    """A new password, a suspension and a sign-out everywhere count with the next request."""
    cache = BasicCache()
    assert alice.no == (await verify_basic(town.core, cache, "alice", PASSWORD)).user
    await sign_out_everywhere(town.core, actor(alice))
    assert alice.no == (await verify_basic(town.core, cache, "alice", PASSWORD)).user
    await set_password(town.core, actor(root), alice.no, "another one, longer")
    with refused("bad_credentials"):
        await verify_basic(town.core, cache, "alice", PASSWORD)
    assert alice.no == (await verify_basic(town.core, cache, "alice", "another one, longer")).user
    await suspend(town.core, actor(root), alice.no)
    with refused("bad_credentials"):
        await verify_basic(town.core, cache, "alice", "another one, longer")


async def test_basic_keeps_pairs_apart(town: Town, alice: Person) -> None:
    """Where the name ends and the password begins matters, and processes share no keys."""
    cache = BasicCache()
    assert cache.pair("ab", "c") != cache.pair("a", "bc")
    assert cache.pair("a", "b") != BasicCache().pair("a", "b")
    with refused("bad_credentials"):
        await verify_basic(town.core, cache, "alice" + PASSWORD[:1], PASSWORD[1:])


async def test_basic_is_bounded(town: Town, alice: Person, bob: Person) -> None:
    """A full cache forgets the pair that was used longest ago."""
    cache = BasicCache(size=1)
    for name in ("alice", "bob", "alice"):
        await verify_basic(town.core, cache, name, PASSWORD)
    assert (await town.events()).count("session.begun") == 3


async def test_basic_tells_trouble_from_refusal(town: Town, alice: Person) -> None:
    """If the store cannot answer, the client hears so; its pair is not taken for wrong."""
    cache = BasicCache()
    await verify_basic(town.core, cache, "alice", PASSWORD)
    await town.core.store.close()
    with refused("unavailable"):
        await verify_basic(town.core, cache, "alice", PASSWORD)


async def test_two_spend_one_secret(town: Town, alice: Person) -> None:
    """Of two ends of one credential at the same time both are fine; the row is gone once."""
    issued = await create_token(town.core, actor(alice))
    ends = (end_credential(town.core, actor(alice), issued.credential.no) for _ in range(2))
    done = await asyncio.gather(*ends, return_exceptions=True)

    assert all(end is None or isinstance(end, Problem) for end in done)
    assert await town.rows(Credential) == []
