"""Everything handed to somebody else, and accounts deleted."""

from tests.core.directory.town import PASSWORD, Town, actor, refused, user

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.credentials import actor_of
from commonhold.core.directory.groups import get_group
from commonhold.core.directory.leaving import delete_user, transfer_everything
from commonhold.core.directory.people import Person
from commonhold.core.directory.sign_in import sign_in
from commonhold.core.model import (
    Credential,
    Event,
    Item,
    Level,
    Life,
    Member,
    Password,
    Profile,
    Space,
    State,
)


async def test_transfer_is_one_row_per_space(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """The taker owns the giver's space and groups; the giver goes on with an empty space."""
    (before,) = await town.rows(Space, owner=alice.no)
    group = await town.group("Team", alice)
    await transfer_everything(town.core, actor(root), alice.no, bob.no)

    assert before.no in [space.no for space in await town.rows(Space, owner=bob.no)]
    (after,) = await town.rows(Space, owner=alice.no)
    assert after.no != before.no
    assert (bob.no, Level.MANAGER) == ((seen := await get_group(town.core, actor(bob), group.no)).owner, seen.level)


async def test_who_may_transfer(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Administrators only, and to somebody who can own something."""
    guest = await town.user("guest", external=True)
    with refused("forbidden"):
        await transfer_everything(town.core, actor(alice), alice.no, bob.no)
    with refused("invalid_field", field="to"):
        await transfer_everything(town.core, actor(root), alice.no, alice.no)
    with refused("not_allowed", field="to"):
        await transfer_everything(town.core, actor(root), alice.no, guest.no)
    await suspend(town.core, actor(root), bob.no)
    with refused("not_allowed", field="to"):
        await transfer_everything(town.core, actor(root), alice.no, bob.no)
    with refused("unknown_user", field="to"):
        await transfer_everything(town.core, actor(root), alice.no, user("nobody"))


async def test_guests_have_nothing_to_transfer(town: Town, root: Person, bob: Person) -> None:
    """A guest who gives away what he has gets no space by it."""
    guest = await town.user("guest", external=True)
    await transfer_everything(town.core, actor(root), guest.no, bob.no)

    assert await town.rows(Space, owner=guest.no) == []


async def test_deleting_leaves_a_number(town: Town, root: Person, alice: Person) -> None:
    """Names, password, edges and credentials are gone; the principal stays as a number without names."""
    issued = await sign_in(town.core, "alice", PASSWORD)
    (space,) = await town.rows(Space, owner=alice.no)
    group = await town.group("Team", alice)
    await delete_user(town.core, actor(root), alice.no)

    assert State.DELETED is (await town.principal(alice.no)).state
    for table, column in ((Profile, "no"), (Password, "no"), (Member, "member"), (Credential, "principal")):
        assert await town.rows(table, **{column: alice.no}) == []
    top = await town.row(Item, no=space.root)
    assert top is not None
    assert Life.DELETED is top.life
    assert (await get_group(town.core, actor(root), group.no)).owner is None
    with refused("bad_token"):
        await actor_of(town.core, issued.secret)
    with refused("unknown_user"):
        await delete_user(town.core, actor(root), alice.no)


async def test_the_name_is_free_again(town: Town, root: Person, alice: Person) -> None:
    """Somebody new may have the name and address of somebody deleted, and gets nothing else of him."""
    await delete_user(town.core, actor(root), alice.no)
    again = await town.user("alice", email="alice@example.org", verified=True)

    assert alice.no != again.no
    assert alice.no not in await town.is_all(again.no)


async def test_deleting_with_transfer(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """What the deleted user owned lives on with somebody else."""
    (space,) = await town.rows(Space, owner=alice.no)
    await delete_user(town.core, actor(root), alice.no, bob.no)

    top = await town.row(Item, no=space.root)
    assert top is not None
    assert Life.LIVE is top.life
    assert space.no in [found.no for found in await town.rows(Space, owner=bob.no)]


async def test_who_may_delete(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Administrators only; never the last one."""
    with refused("forbidden"):
        await delete_user(town.core, actor(bob), alice.no)
    with refused("last_administrator"):
        await delete_user(town.core, actor(root), root.no)


async def test_events_hold_numbers(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """No event of a whole life tells a name, an address or a secret."""
    issued = await sign_in(town.core, "alice", PASSWORD)
    await transfer_everything(town.core, actor(root), alice.no, bob.no)
    await delete_user(town.core, actor(root), alice.no)

    told = " ".join(event.facts for event in await town.rows(Event))
    for secret in ("alice", "bob", "example", PASSWORD, issued.secret):
        assert secret not in told
