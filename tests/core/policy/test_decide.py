"""The formula, word by word, on one small world: alice (20) owns folder 200 with file 201; bob is 21, carol 22."""

import itertools
from typing import Any

import msgspec
import pytest

from commonhold.core.identity import NOBODY, Actor, Pass
from commonhold.core.model import (
    EVERYONE,
    LINK,
    OWNER,
    Allowance,
    Item,
    ItemKind,
    Life,
    Member,
    Principal,
    Profile,
    Share,
    Space,
    State,
)
from commonhold.core.policy.decide import Judge, meet, union
from commonhold.core.policy.snapshot import RuleHit
from commonhold.core.roles import ALL, ROLE_ACTIONS, Action, Kind, OrgRole, Role, role_for
from commonhold.testing import oracle
from commonhold.testing.oracle import World

ALICE, BOB, CAROL, TEAM, ORG = 20, 21, 22, 30, 10
FOLDER, FILE = 200, 201
NOW = 1_000
ANY = Kind(63)


def small_world() -> World:
    """Build the world of these tests."""
    world = World()
    world.principals = {
        EVERYONE: Principal(EVERYONE, "everyone", Kind.EVERYONE),
        LINK: Principal(LINK, "link", Kind.LINK),
        ORG: Principal(ORG, "org", Kind.ORG),
        TEAM: Principal(TEAM, "team", Kind.GROUP),
        **{no: Principal(no, f"user-{no}", Kind.USER, org=ORG) for no in (ALICE, BOB, CAROL)},
    }
    world.members = [Member(no, ORG) for no in (ALICE, BOB, CAROL)] + [Member(BOB, TEAM)]
    world.spaces = {100: Space(100, "space", ALICE, ORG, FOLDER)}
    world.items = {
        FOLDER: Item(FOLDER, "folder", 100, None, ItemKind.FOLDER, None, None),
        FILE: Item(FILE, "file", 100, FOLDER, ItemKind.FILE, "a.txt", "a.txt"),
    }
    return world


def share(world: World, no: int, to: int, **columns: Any) -> Share:
    """Add a share of the folder by alice."""
    kind = world.principals[to].kind
    row = Share(no, no, str(no), FOLDER, to, kind, Role.VIEWER, ALICE, ALICE, "test")
    world.shares[no] = msgspec.structs.replace(row, **columns)
    return world.shares[no]


def may(world: World, actor: Actor, item: int = FILE, now: int = NOW) -> Action:
    """Return what somebody may do."""
    return Judge(oracle.snapshot_of(world), now).right(actor, item).actions


@pytest.mark.parametrize("role", list(Role))
def test_a_share_on_a_folder_reaches_what_is_below(role: Role) -> None:
    """A recipient may do below a shared folder exactly what the role names, without passing it on."""
    world = small_world()
    share(world, 500, BOB, role=role)

    assert ROLE_ACTIONS[role] & ~Action.SHARE == may(world, Actor(BOB))
    assert may(world, Actor(CAROL)) == Action.NONE


def test_a_folder_that_does_not_inherit_stops_shares_but_not_its_owner() -> None:
    """``inherits`` False cuts shares from above; owner and administrators keep everything."""
    world = small_world()
    share(world, 500, BOB)
    world.items[FILE] = msgspec.structs.replace(world.items[FILE], inherits=False)

    assert may(world, Actor(BOB)) == Action.NONE
    assert may(world, Actor(ALICE)) == ALL


def test_a_group_member_gets_what_the_group_gets_until_he_is_removed() -> None:
    """Membership is read with each decision."""
    world = small_world()
    share(world, 500, TEAM)

    assert may(world, Actor(BOB)) & Action.READ
    world.members = [edge for edge in world.members if edge.grp != TEAM]
    assert may(world, Actor(BOB)) == Action.NONE


def test_everyone_includes_nobody() -> None:
    """A share with everyone reaches callers who are not signed in."""
    world = small_world()
    share(world, 500, EVERYONE)

    assert may(world, NOBODY) & Action.READ


@pytest.mark.parametrize(
    ("starts", "until", "opens"),
    [(None, None, True), (NOW, None, True), (NOW + 1, None, False), (None, NOW, False), (None, NOW + 1, True),
     (NOW + 5, NOW + 5, False), (NOW - 5, NOW - 6, False)],
)  # fmt: skip
def test_the_window_is_closed_at_its_end_and_open_at_its_start(
    starts: int | None, until: int | None, opens: bool
) -> None:
    """From ``starts`` inclusive to ``until`` exclusive; an empty window never opens."""
    world = small_world()
    share(world, 500, BOB, starts=starts, until=until)

    assert opens is bool(may(world, Actor(BOB)))


def test_links_need_a_pass_of_their_present_state() -> None:
    """Nobody holds a link by being somebody; a pass counts while password and secret stay as they were."""
    world = small_world()
    share(world, 500, LINK, state_at=7)

    assert may(world, Actor(BOB)) == Action.NONE
    assert may(world, Actor(passes=(Pass(500, 7),))) & Action.DOWNLOAD
    assert may(world, Actor(passes=(Pass(500, 6),))) == Action.NONE


@pytest.mark.parametrize("terms", [{"max_uses": 3}, {"password": "hash"}])
def test_what_counts_uses_or_asks_a_password_reaches_people_by_pass_only(terms: dict[str, Any]) -> None:
    """A share with max uses or a password gives its recipient nothing before he opened it."""
    world = small_world()
    share(world, 500, BOB, **terms)

    assert may(world, Actor(BOB)) == Action.NONE
    assert may(world, Actor(BOB, passes=(Pass(500, 0),))) & Action.READ


def test_a_reshare_lives_and_dies_with_what_it_hangs_on() -> None:
    """Carol has what bob passed on while bob's share is there, admits it, and reaches bob."""
    world = small_world()
    parent = share(world, 500, BOB, mask=ANY)
    share(world, 501, CAROL, stands_on=BOB, made_by=BOB, hangs_on=500, role=Role.MANAGER)

    assert ROLE_ACTIONS[Role.VIEWER] == may(world, Actor(CAROL))
    for change in (
        {"mask": Kind.GROUP},
        {"max_uses": 1},
        {"until": NOW},
        {"recipient": ALICE},
        {"password": "hash"},
    ):
        world.shares[500] = msgspec.structs.replace(parent, **change)
        assert may(world, Actor(CAROL)) == Action.NONE, change
    del world.shares[500]
    assert may(world, Actor(CAROL)) == Action.NONE


def test_a_reshare_dies_when_its_item_leaves_the_folder_of_its_parent() -> None:
    """The parent's item must lie on the unbroken chain of the reshared one."""
    world = small_world()
    share(world, 500, BOB, mask=ANY)
    share(world, 501, CAROL, item=FILE, stands_on=BOB, made_by=BOB, hangs_on=500)

    assert may(world, Actor(CAROL))
    world.items[FILE] = msgspec.structs.replace(world.items[FILE], inherits=False)
    assert may(world, Actor(CAROL)) == Action.NONE


def test_a_chain_of_more_than_eight_gives_nothing() -> None:
    """Eight hops carry; the ninth does not."""
    world = small_world()
    people = list(range(40, 50))
    for no in people:
        world.principals[no] = Principal(no, str(no), Kind.USER, org=ORG)
    share(world, 500, people[0], mask=ANY)
    for hop, (giver, taker) in enumerate(itertools.pairwise(people), 501):
        share(world, hop, taker, stands_on=giver, made_by=giver, hangs_on=hop - 1, mask=ANY)

    assert may(world, Actor(people[7]))
    assert may(world, Actor(people[8])) == Action.NONE


@pytest.mark.parametrize("state", [State.SUSPENDED, State.DELETED, State.PENDING])
def test_a_backer_who_is_not_active_backs_nothing(state: State) -> None:
    """Suspension or deletion of the sharer ends what he shared; of the asker, everything he has."""
    world = small_world()
    share(world, 500, BOB)
    world.principals[ALICE] = msgspec.structs.replace(world.principals[ALICE], state=state)

    assert may(world, Actor(BOB)) == Action.NONE
    assert may(world, Actor(ALICE)) == Action.NONE


def test_shares_on_a_person_end_with_a_transfer_and_owner_shares_do_not() -> None:
    """``stands_on`` a person needs his right; ``OWNER`` is whoever owns the space now."""
    world = small_world()
    share(world, 500, BOB)
    share(world, 501, CAROL, stands_on=OWNER)
    world.spaces[100] = msgspec.structs.replace(world.spaces[100], owner=CAROL)
    world.principals[23] = Principal(23, "23", Kind.USER, org=ORG)
    share(world, 502, 23, stands_on=OWNER)

    assert may(world, Actor(BOB)) == Action.NONE
    assert may(world, Actor(23))


def test_the_administrator_of_the_organisation_has_everything_in_its_spaces() -> None:
    """Administration counts inside the organisation only; an administrator of everything counts everywhere."""
    world = small_world()
    world.principals[BOB] = msgspec.structs.replace(world.principals[BOB], org_role=OrgRole.ADMINISTRATOR)
    world.principals[CAROL] = msgspec.structs.replace(world.principals[CAROL], org=None, admin=True)

    assert ALL == may(world, Actor(BOB)) == may(world, Actor(CAROL))
    world.spaces[100] = msgspec.structs.replace(world.spaces[100], org=None)
    assert may(world, Actor(BOB)) == Action.NONE
    assert may(world, Actor(CAROL)) == ALL


def test_the_trash_is_its_owners_and_deleted_things_are_nobodys() -> None:
    """Shares give nothing in the trash; nothing gives anything below what is deleted."""
    world = small_world()
    share(world, 500, BOB)
    world.items[FOLDER] = msgspec.structs.replace(world.items[FOLDER], life=Life.TRASHED)

    assert may(world, Actor(BOB)) == Action.NONE
    assert may(world, Actor(ALICE)) == ALL
    world.items[FOLDER] = msgspec.structs.replace(world.items[FOLDER], life=Life.DELETED)
    assert may(world, Actor(ALICE)) == Action.NONE


def test_rules_bound_what_a_share_acts_as_and_which_fields_it_shows() -> None:
    """gives = actions(role) ∩ rules(acts_as) ∩ backing, and fields are cut the same way."""
    world = small_world()
    world.items[FILE] = msgspec.structs.replace(world.items[FILE], kind=ItemKind.RECORD)
    world.hits[FILE] = [
        RuleHit(1, TEAM, Action.READ, frozenset({"title", "body"})),
        RuleHit(2, CAROL, Action.READ | Action.SHARE, frozenset({"title", "price"})),
    ]
    share(world, 500, LINK, item=FILE, role=None, acts_as=TEAM, stands_on=CAROL, made_by=CAROL)
    right = Judge(oracle.snapshot_of(world), NOW).right(Actor(passes=(Pass(500, 0),)), FILE)

    assert right.actions == Action.READ
    assert frozenset({"title"}) == right.fields


@pytest.mark.parametrize(
    ("to", "row", "columns"),
    [
        (LINK, Allowance(ALICE, kinds=ANY & ~Kind.LINK), {}),
        (LINK, Allowance(ORG, link_password=True), {}),
        (BOB, Allowance(EVERYONE, longest=10), {"made_at": NOW - 10}),
    ],
)
def test_allowances_are_read_with_each_decision(to: int, row: Allowance, columns: dict[str, Any]) -> None:
    """What the sharer may not do any more ends what he did, whichever of the holders says so."""
    world = small_world()
    share(world, 500, to, **columns)
    asker = Actor(BOB, passes=(Pass(500, 0),))

    assert may(world, asker)
    world.allowances[row.no] = row
    assert may(world, asker) == Action.NONE


def test_mail_shares_need_an_allowed_domain_still() -> None:
    """A domain taken from the list ends what was shared with its addresses."""
    world = small_world()
    world.principals[40] = Principal(40, "40", Kind.MAIL)
    world.profiles[40] = Profile(40, Kind.MAIL, "dora@example.org", "dora@example.org")
    share(world, 500, 40)
    world.allowances[EVERYONE] = Allowance(EVERYONE, domains='["example.org"]')

    assert may(world, Actor(40))
    world.allowances[ORG] = Allowance(ORG, domains='["example.com"]')
    assert may(world, Actor(40)) == Action.NONE


def test_a_mask_says_to_whom_something_may_be_passed_on() -> None:
    """The mask of a right is what the shares that may be passed on admit, cut by the person's allowance."""
    world = small_world()
    share(world, 500, BOB, mask=Kind.USER | Kind.LINK)
    world.allowances[BOB] = Allowance(BOB, kinds=ANY & ~Kind.LINK)

    assert Judge(oracle.snapshot_of(world), NOW).right(Actor(BOB), FILE).mask == Kind.USER


def test_the_role_shown_is_the_widest_that_the_actions_hold() -> None:
    """Every role is found from its own actions, and nothing from none."""
    assert [role_for(ROLE_ACTIONS[role]) for role in Role] == list(Role)
    assert role_for(Action.NONE) is None


def test_fields_join_and_cut_like_sets_where_none_is_all() -> None:
    """None means every field: it swallows a join and is neutral in a cut."""
    a, b = frozenset("ab"), frozenset("bc")

    assert (union(a, b), union(a, None), union(None, b)) == (frozenset("abc"), None, None)
    assert (meet(a, b), meet(a, None), meet(None, b), meet(None, None)) == (frozenset("b"), a, b, None)


def test_a_share_that_does_not_read_shows_no_field() -> None:
    """An uploader's share adds nothing to the fields that somebody sees."""
    world = small_world()
    world.items[FILE] = msgspec.structs.replace(world.items[FILE], kind=ItemKind.RECORD)
    world.hits[FILE] = [RuleHit(1, BOB, Action.READ, frozenset({"title"}))]
    share(world, 500, BOB, role=Role.UPLOADER)

    assert Judge(oracle.snapshot_of(world), NOW).right(Actor(BOB), FILE).fields == frozenset({"title"})
