"""Presets: allowances with a name, which an organisation's administrators make and give to its people."""

from tests.core.directory.town import Town, actor, refused, user

from commonhold.core.directory.accounts import UserChange, change_user
from commonhold.core.directory.allowances import effective_allowance
from commonhold.core.directory.orgs import add_org
from commonhold.core.directory.people import Person, get_user
from commonhold.core.directory.presets import (
    PresetChange,
    add_preset,
    assign,
    change_preset,
    drop_preset,
    list_presets,
)
from commonhold.core.roles import Kind, OrgRole

CHANGE = PresetChange(make=False, kinds=Kind.GROUP, rank=OrgRole.PUBLISHER, note="n")


async def test_a_preset_bounds_whoever_has_it(town: Town, root: Person, alice: Person) -> None:
    """Whoever has a preset may do what it says, at once and whenever it changes, until it is taken away."""
    made = await add_preset(town.core, actor(root), "Sharers", "d")
    await assign(town.core, actor(root), user("alice"), made.uid)
    assert (await effective_allowance(town.core, actor(alice))).make
    await change_preset(town.core, actor(root), made.uid, CHANGE)
    found = await effective_allowance(town.core, actor(alice))
    assert (found.make, found.kinds) == (False, Kind.GROUP)
    assert (await get_user(town.core, actor(root), alice.no)).org_role is OrgRole.PUBLISHER
    (shown,) = await list_presets(town.core, actor(alice))
    assert (shown.title, shown.note, tuple(shown.members)) == ("Sharers", "n", (alice.no,))
    other = await add_preset(town.core, actor(root), "Others")
    await assign(town.core, actor(root), alice.no, other.uid)
    assert (await effective_allowance(town.core, actor(alice))).make
    await assign(town.core, actor(root), alice.no, made.uid)
    await assign(town.core, actor(root), alice.no, OrgRole.USER)
    assert (await effective_allowance(town.core, actor(alice))).make
    assert not any(one.members for one in await list_presets(town.core, actor(root)))


async def test_who_decides_on_presets(town: Town, root: Person, alice: Person) -> None:
    """Administrators alone make, change, give and remove them; one that somebody has stays."""
    made = await add_preset(town.core, actor(root), "Sharers")
    with refused("forbidden"):
        await add_preset(town.core, actor(alice), "Mine")
    with refused("forbidden"):
        await change_preset(town.core, actor(alice), made.uid, CHANGE)
    with refused("forbidden"):
        await assign(town.core, actor(alice), alice.no, OrgRole.ADMINISTRATOR)
    with refused("name_taken"):
        await add_preset(town.core, actor(root), "sharers")
    with refused("not_found"):
        await assign(town.core, actor(root), alice.no, "none")
    with refused("not_found"):
        await change_preset(town.core, actor(root), "none", CHANGE)
    with refused("too_large"):
        await change_preset(town.core, actor(root), made.uid, PresetChange(note="n" * 2_000))
    with refused("too_large"):
        await add_preset(town.core, actor(root), "Long", "n" * 2_000)
    await change_preset(town.core, actor(root), made.uid, PresetChange(title="Renamed"))
    await assign(town.core, actor(root), alice.no, made.uid)
    with refused("protected"):
        await drop_preset(town.core, actor(root), made.uid)
    await assign(town.core, actor(root), alice.no, OrgRole.USER)
    await drop_preset(town.core, actor(root), made.uid)
    assert await list_presets(town.core, actor(root)) == ()


async def test_presets_end_at_the_organisation(town: Town, root: Person, alice: Person) -> None:
    """A preset is for people of its organisation; whoever has left it is not touched by it any more."""
    made = await add_preset(town.core, actor(root), "Sharers")
    await assign(town.core, actor(root), alice.no, made.uid)
    org = await add_org(town.core, actor(root), "Elsewhere")
    await change_user(town.core, actor(root), alice.no, UserChange(org=org.no))
    await change_preset(town.core, actor(root), made.uid, CHANGE)
    assert (await effective_allowance(town.core, actor(alice))).make
    assert await list_presets(town.core, actor(alice)) == ()
    with refused("forbidden"):
        await assign(town.core, actor(root), alice.no, made.uid)
    guest = await town.user("guest", external=True)
    assert await list_presets(town.core, actor(guest)) == ()
