"""Addresses and whose they are; the letters that prove it, and guests who come in by one."""

import asyncio

import pytest
from tests.core.directory.town import PASSWORD, Town, actor, refused

from commonhold.core.directory.accounts import UserChange, change_user, set_password, suspend
from commonhold.core.directory.claims import claim, guest_entry, verify_address
from commonhold.core.directory.credentials import actor_of
from commonhold.core.directory.leaving import delete_user
from commonhold.core.directory.letters import (
    ENTRY,
    INVITE,
    RESET,
    VERIFY,
    ask_entry,
    ask_reset,
    ask_verification,
    letter_secret,
    reset_password,
)
from commonhold.core.directory.people import Person, get_user, list_users
from commonhold.core.directory.sign_in import sign_in
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import Credential, Member, Profile, State
from commonhold.core.problems import Problem
from commonhold.testing.build import Builder

GUEST = "guest@example.org"


@pytest.fixture
async def address(town: Town, root: Person) -> int:
    """An address that something was shared with and that has no account."""
    return await Builder(town.core.store).mail(GUEST)


async def test_verifying_ones_own_address(town: Town, root: Person, address: int) -> None:
    """The secret of the letter makes the address the user's, once."""
    ada = await town.user("ada", email=GUEST)
    secret = await letter_secret(town.core, VERIFY, ada.no)

    assert ada.no == await verify_address(town.core, secret)
    assert address in await town.is_all(ada.no)
    assert (await get_user(town.core, actor(ada), ada.no)).verified
    with refused("bad_token"):
        await verify_address(town.core, secret)


async def test_a_secret_counts_for_its_own_address(town: Town, root: Person) -> None:
    """After a change of address, or of the password, the letter to the old one proves nothing."""
    ada = await town.user("ada", email="old@example.org")
    secrets = [await letter_secret(town.core, VERIFY, ada.no) for _ in range(2)]
    await change_user(town.core, actor(ada), ada.no, UserChange(email="new@example.org"))
    with refused("bad_token"):
        await verify_address(town.core, secrets[0])
    await change_user(town.core, actor(ada), ada.no, UserChange(email="old@example.org"))
    await set_password(town.core, actor(root), ada.no, PASSWORD)
    with refused("bad_token"):
        await verify_address(town.core, secrets[1])


async def test_a_secret_is_over_in_time(town: Town, root: Person) -> None:
    """A letter's secret has an end."""
    ada = await town.user("ada", email=GUEST)
    secret = await letter_secret(town.core, VERIFY, ada.no)
    town.clock.advance(town.core.limits.verify_life)
    with refused("bad_token"):
        await verify_address(town.core, secret)


async def test_secrets_of_other_letters_prove_nothing(town: Town, alice: Person, address: int) -> None:
    """A letter to a guest verifies no account, one to reset a password neither; none of them is a log-in."""
    entry = await letter_secret(town.core, ENTRY, address)
    reset = await letter_secret(town.core, RESET, alice.no)
    for secret in (entry, reset, "made up"):
        with refused("bad_token"):
            await verify_address(town.core, secret)
        with refused("bad_token"):
            await actor_of(town.core, secret)
    verify = await letter_secret(town.core, VERIFY, alice.no)
    with refused("bad_token"):
        await guest_entry(town.core, verify)
    with refused("bad_token"):
        await claim(town.core, actor(alice), verify)


async def test_guests_come_in_by_their_address(town: Town, address: int) -> None:
    """A guest's actor is the mail principal; he owns nothing and sees no names; the letter works once."""
    secret = await letter_secret(town.core, ENTRY, address)
    issued = await guest_entry(town.core, secret, "web", "192.0.2.1")

    who = await actor_of(town.core, issued.secret, "web")
    assert address == who.user
    assert address in await town.is_all(address)
    with refused("forbidden"):
        await list_users(town.core, who)
    with refused("bad_token"):
        await guest_entry(town.core, secret)


async def test_a_letter_opens_once(town: Town, address: int) -> None:
    """Of several who use one secret at the same time one comes in."""
    secret = await letter_secret(town.core, ENTRY, address)
    found = await asyncio.gather(*(guest_entry(town.core, secret) for _ in range(4)), return_exceptions=True)

    assert [problem.code for problem in found if isinstance(problem, Problem)] == ["bad_token"] * 3
    assert len(await town.rows(Credential, principal=address)) == 1


async def test_two_claim_one_address(town: Town, alice: Person, bob: Person, address: int) -> None:
    """Of two accounts that claim one address at the same time one gets it."""
    secrets = [await letter_secret(town.core, ENTRY, address) for _ in range(2)]
    claims = (claim(town.core, actor(who), secret) for who, secret in zip((alice, bob), secrets, strict=True))
    found = await asyncio.gather(*claims, return_exceptions=True)

    assert len([problem for problem in found if isinstance(problem, Problem)]) == 1
    assert len(await town.rows(Member, grp=address)) == 1


async def test_with_an_account_one_logs_in(town: Town, root: Person, address: int) -> None:
    """As soon as an account has the address, guests' sessions are over, and letters let nobody in by themselves.

    So nobody goes round a suspension by an old letter.
    """
    secrets = [await letter_secret(town.core, ENTRY, address) for _ in range(2)]
    issued = await guest_entry(town.core, secrets[0])
    ada = await town.user("ada", email=GUEST, verified=True)
    with refused("bad_token"):
        await actor_of(town.core, issued.secret)
    with refused("bad_token"):
        await guest_entry(town.core, secrets[1])
    await suspend(town.core, actor(root), ada.no)
    late = await letter_secret(town.core, ENTRY, address)
    with refused("unauthenticated"):
        await guest_entry(town.core, late)


async def test_claiming_another_address(town: Town, alice: Person, bob: Person, address: int) -> None:
    """An invitation to somebody's other address becomes his account's; another account cannot have it then."""
    secrets = [await letter_secret(town.core, ENTRY, address) for _ in range(2)]
    with refused("unauthenticated"):
        await claim(town.core, NOBODY, secrets[0])
    await claim(town.core, actor(alice), secrets[0])

    assert address in await town.is_all(alice.no)
    with refused("bad_token"):
        await claim(town.core, actor(bob), secrets[0])
    late = await letter_secret(town.core, ENTRY, address)
    with refused("address_taken"):
        await claim(town.core, actor(bob), late)
    await claim(town.core, actor(alice), late)


async def test_letters_to_nobody(town: Town, root: Person, alice: Person) -> None:
    """For an account that is gone, or has no address, no secret is made."""
    bare = await town.user("bare")
    await delete_user(town.core, actor(root), alice.no)
    for no in (bare.no, alice.no, 999):
        with refused("not_found"):
            await letter_secret(town.core, RESET, no)


async def test_asking_to_verify(town: Town, root: Person) -> None:
    """A user can have the letter sent again; without an address there is nothing to verify."""
    ada, bare = await town.user("ada", email=GUEST), await town.user("bare")
    await ask_verification(town.core, actor(ada))

    assert [(VERIFY, ada.no)] * 2 == await town.letters()
    with refused("bad_address"):
        await ask_verification(town.core, actor(bare))


async def test_asking_tells_strangers_nothing(town: Town, root: Person, alice: Person, address: int) -> None:
    """Whoever asks for a letter gets the same answer whether there is somebody or not; it is limited."""
    gone = await town.user("gone", email="gone@example.org")
    await suspend(town.core, actor(root), gone.no)
    invited = await town.user("inv", email="inv@example.org", invited=True)
    before = await town.letters()
    for name in ("alice", "alice@example.org", "nobody", "no@example.org", "gone", "inv"):
        await ask_reset(town.core, name, "192.0.2.1")
    for email in (GUEST, "alice@example.org", "new@example.org"):
        await ask_entry(town.core, email)

    wanted = [(RESET, alice.no), (RESET, alice.no), (INVITE, invited.no), (ENTRY, address)]
    assert before + wanted == await town.letters()
    with refused("too_many_requests"):
        for _ in range(town.core.limits.login_tries):
            await ask_reset(town.core, "nobody")


async def test_a_forgotten_password(town: Town, alice: Person) -> None:
    """The letter sets a new password once, logs in, and ends everything from before."""
    old = await sign_in(town.core, "alice", PASSWORD)
    secrets = [await letter_secret(town.core, RESET, alice.no) for _ in range(2)]
    with refused("password_too_short"):
        await reset_password(town.core, secrets[0], "x")
    issued = await reset_password(town.core, secrets[0], "another one, longer")

    assert alice.no == (await actor_of(town.core, issued.secret)).user
    assert (await sign_in(town.core, "alice", "another one, longer")).secret
    with refused("bad_token"):
        await actor_of(town.core, old.secret)
    for secret in secrets:
        with refused("bad_token"):
            await reset_password(town.core, secret, PASSWORD)


async def test_the_invited_come_in(town: Town, root: Person, address: int) -> None:
    """An invited user sets a password by the letter, is active, and has the address, and what was shared with it."""
    ada = await town.user("ada", email=GUEST, invited=True)
    issued = await reset_password(town.core, await letter_secret(town.core, INVITE, ada.no), PASSWORD)

    assert State.ACTIVE is (await town.principal(ada.no)).state
    assert address in await town.is_all((await actor_of(town.core, issued.secret)).user or 0)
    assert (await get_user(town.core, actor(ada), ada.no)).verified


async def test_reset_letters_follow_the_address(town: Town, root: Person, alice: Person, address: int) -> None:
    """A letter to an address that is no longer the account's sets no password."""
    secret = await letter_secret(town.core, RESET, alice.no)
    await change_user(town.core, actor(alice), alice.no, UserChange(email="new@example.org"))
    with refused("bad_token"):
        await reset_password(town.core, secret, "another one, longer")


async def test_an_address_of_two(town: Town, root: Person, bob: Person, address: int) -> None:
    """A new password by letter claims no address that another account has verified."""
    ada = await town.user("ada", email=GUEST, password=PASSWORD)
    await claim(town.core, actor(bob), await letter_secret(town.core, ENTRY, address))
    await reset_password(town.core, await letter_secret(town.core, RESET, ada.no), "another one, longer")

    assert address not in await town.is_all(ada.no)
    with refused("address_taken"):
        await verify_address(town.core, await letter_secret(town.core, VERIFY, ada.no))


async def test_secrets_stand_in_no_row(town: Town, address: int) -> None:
    """Of a letter's secret the digest is kept, and the letter's row has none either."""
    await ask_entry(town.core, GUEST)
    secret = await letter_secret(town.core, ENTRY, address)
    rows = [*await town.rows(Credential), *await town.rows(Profile)]
    assert secret not in repr(rows)


async def test_a_mail_actor_can_ask_nothing_for_itself(town: Town, address: int) -> None:
    """A guest by mail has no account whose address he could verify."""
    with refused("forbidden"):
        await ask_verification(town.core, Actor(address))
