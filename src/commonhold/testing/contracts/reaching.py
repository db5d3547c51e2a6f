"""A look reads what a decision needs: shares that can reach whom it is about, what backs them, what is taken."""

from typing import Any

from commonhold.core.changes import Drop
from commonhold.core.identity import Actor, Named, Pass
from commonhold.core.model import (
    EVERYONE,
    LINK,
    MAIN_ORG,
    OWNER,
    Allowance,
    Block,
    GroupTerms,
    Item,
    Level,
    Member,
    Share,
    State,
    Use,
)
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.snapshot import START, Look, Part, Place, Step
from commonhold.core.ports import Store
from commonhold.core.roles import ANY_KIND, Action, Kind, OrgRole, Role
from commonhold.testing.build import Builder


async def reshares(build: Builder, item: int, people: list[int], **columns: Any) -> list[int]:
    """Pass an item on from each person to the next one, each share hanging on the one before."""
    made: list[int] = []
    for at, to in enumerate(people):
        backing: dict[str, Any] = (
            {"stands_on": people[at - 1], "made_by": people[at - 1], "hangs_on": made[-1]} if at else {}
        )
        made.append(await build.share(item, to, mask=ANY_KIND, **{**backing, **columns}))
    return made


class Reaching:
    """Shares, principals, allowances."""

    async def test_only_what_can_reach_the_actor(self, store: Store, build: Builder) -> None:
        """Shares on the chain with the actor, with what he is and with everyone are read; others and links are not."""
        ann, bob, eve = [await build.user(name) for name in ("ann", "bob", "eve")]
        grp, other = await build.group("grp", bob), await build.group("other", eve)
        root = await build.space(ann)
        item, beside = await build.item(root, "a"), await build.item(root, "beside")
        own, by_group = await build.share(item, bob), await build.share(root, grp)
        by_org, public = await build.share(root, MAIN_ORG), await build.share(item, EVERYONE)
        for to in (eve, other, LINK):
            await build.share(item, to)
        await build.share(beside, bob)

        snapshot = await store.look(Look(Actor(bob), items=(item,)))

        assert set(snapshot.shares) == {own, by_group, by_org, public}
        assert snapshot.on == {item: (own, public), root: (by_group, by_org)}
        assert set(snapshot.principals) == {ann, bob}
        assert snapshot.sets[bob] == {bob, grp, MAIN_ORG, EVERYONE}

    async def test_nobody(self, store: Store, build: Builder) -> None:
        """Without anybody only what is shared with everyone is read."""
        root = await build.space(await build.user("ann"))
        public = await build.share(root, EVERYONE)
        await build.share(root, LINK)

        snapshot = await store.look(Look(Actor(), items=(root,)))

        assert set(snapshot.shares) == {public}
        assert Judge(snapshot, 0).right(Actor(), root).may(Action.READ)

    async def test_passes(self, store: Store, build: Builder) -> None:
        """An opened link is read with its backing, by the number in the pass, and no other link."""
        root = await build.space(await build.user("ann"))
        item = await build.item(root, "a")
        link = await build.share(root, LINK)
        await build.share(root, LINK)
        actor = Actor(passes=(Pass(link, 0), Pass(99, 0)))

        snapshot = await store.look(Look(actor, items=(item,)))

        assert set(snapshot.shares) == {link}
        assert Judge(snapshot, 0).right(actor, item).may(Action.READ)

    async def test_subjects_and_recipients(self, store: Store, build: Builder) -> None:
        """Shares that reach other subjects, or name a recipient of the proposal, are read, too."""
        ann, bob, eve = [await build.user(name) for name in ("ann", "bob", "eve")]
        grp = await build.group("grp", bob)
        root = await build.space(ann)
        by_group, own = await build.share(root, grp), await build.share(root, eve)
        await build.share(root, await build.user("other"))

        subject = await store.look(Look(Actor(ann), items=(root,), subjects=(bob,)))
        recipient = await store.look(Look(Actor(ann), items=(root,), recipients=(Named("eve"),)))

        assert set(subject.shares) == {by_group}
        assert subject.set_of(bob) >= {bob, grp}
        assert set(recipient.shares) == {own}

    async def test_a_link_brings_no_others(self, store: Store, build: Builder) -> None:
        """A link that is asked for, or proposed, is read without the others on its item; to take links, all are."""
        ann = await build.user("ann")
        root = await build.space(ann)
        link, other = [await build.share(root, LINK) for _ in range(2)]

        asked = await store.look(Look(Actor(ann), shares=(link,)))
        proposed = await store.look(Look(Actor(ann), items=(root,), recipients=(LINK,), unborn=True))
        taken = await store.look(Look(Actor(ann), items=(root,), recipients=(LINK,)))

        assert set(asked.shares) == {link}
        assert set(proposed.shares) == set()
        assert proposed.found_recipients == {LINK: LINK}
        assert set(taken.shares) == {link, other}

    async def test_wide_recipients(self, store: Store, build: Builder) -> None:
        """Asked widely, shares with groups, organisations and everyone are read, whoever asks, and the newest others.

        Groups come with their terms and what the actor is in them; addresses with who has claimed them.
        """
        ann, bob = await build.user("ann"), await build.user("bob")
        grp, mail = await build.group("grp", bob), await build.mail("bob@example.org", bob)
        await build.put(GroupTerms(grp, view_only=True))
        root = await build.space(ann, MAIN_ORG)
        item = await build.item(root, "a")
        wide = {await build.share(item, to) for to in (grp, MAIN_ORG, EVERYONE)} | {await build.share(root, grp)}
        links = [await build.share(item, LINK) for _ in range(20)]
        by_mail, own = await build.share(item, mail), await build.share(item, await build.user("eve"))

        narrow = await store.look(Look(Actor(ann), items=(item,)))
        snapshot = await store.look(Look(Actor(bob), items=(item,), widely=True))

        assert not set(narrow.shares) & {own, by_mail, *links}
        assert set(snapshot.shares) == wide | {own, by_mail, *links[-14:]}
        assert (snapshot.terms[grp].view_only, snapshot.levels[bob, grp]) == (True, Level.MEMBER)
        assert snapshot.claimed == {mail: bob}

    async def test_audience(self, store: Store, build: Builder) -> None:
        """A look at an audience reads every live share on the chain, with its recipient, and the administrators."""
        ann, bob = await build.user("ann"), await build.user("bob")
        grp = await build.group("grp")
        org = await build.principal(Kind.ORG, "org")
        head = await build.user("head", org=org, org_role=OrgRole.ADMINISTRATOR)
        await build.user("other", org_role=OrgRole.ADMINISTRATOR)
        await build.user("gone", org=org, org_role=OrgRole.ADMINISTRATOR, state=State.SUSPENDED)
        root = await build.space(ann, org)
        boss = await build.user("boss", admin=True)
        item = await build.item(root, "a")
        shares = [await build.share(item, bob), await build.share(root, grp), await build.share(root, LINK)]
        ended = await build.share(root, bob)
        await build.commit(Drop(Share, (ended,)))

        snapshot = await store.look(Look(Actor(ann), items=(item,), audience=Part(total=True), names=True))

        assert snapshot.standing == tuple(shares)
        assert snapshot.administrators == (head, boss)
        assert snapshot.total == 3
        assert set(snapshot.principals) >= {ann, bob, grp, LINK, head, boss}

    async def test_audience_by_pages(self, store: Store, build: Builder) -> None:
        """A part of an audience begins beyond a place, and has no more administrators and shares than asked for."""
        ann = await build.user("ann")
        heads = [await build.user(f"head {at}", admin=True) for at in range(3)]
        root = await build.space(ann)
        shut = await build.folder(root, "shut", inherits=False)
        item = await build.item(shut, "a")
        people = [await build.user(f"user {at}") for at in range(3)]
        shares = [await build.share((item, shut)[at % 2], no) for at, no in enumerate(people)]
        await build.share(root, people[0])

        async def part(after: Place, limit: int | None = None) -> tuple[tuple[int, ...], tuple[int, ...]]:
            seen = await store.look(Look(Actor(ann), items=(item,), audience=Part(after, limit)))
            return seen.administrators, seen.standing

        assert await part(START, 1) == (tuple(heads[:2]), (shares[0],))  # one more administrator: he may be the owner
        assert await part((Step.ADMINISTRATOR, heads[1])) == ((heads[2],), tuple(shares))
        assert await part((Step.SHARE, shares[0]), 1) == ((), (shares[1],))
        assert await part((Step.SHARE, shares[2])) == ((), ())

    async def test_what_backs_a_share(self, store: Store, build: Builder) -> None:
        """Every share above is read, up to eight hops, with its backer and all that he is."""
        people = [await build.user(f"user {at}", org=None) for at in range(9)]
        owner = await build.user("ann")
        root = await build.space(owner)
        made = await reshares(build, root, people)
        actor = Actor(people[-2])

        snapshot = await store.look(Look(actor, items=(root,)))

        assert set(snapshot.shares) == set(made[:-1])
        assert set(snapshot.principals) >= {owner, *people[:-1]}
        assert all(snapshot.sets[no] == {no, EVERYONE} for no in people[:-2])
        assert Judge(snapshot, 0).right(actor, root).may(Action.READ)

    async def test_too_many_hops(self, store: Store, build: Builder) -> None:
        """However far a longer chain is followed, which is bounded, it gives nothing."""
        people = [await build.user(f"user {at}") for at in range(12)]
        root = await build.space(await build.user("ann"))
        made = await reshares(build, root, people)
        actor = Actor(people[-1])

        snapshot = await store.look(Look(actor, items=(root,)))

        assert set(snapshot.shares) >= set(made[-9:])
        assert not Judge(snapshot, 0).right(actor, root).actions

    async def test_a_share_asked_for(self, store: Store, build: Builder) -> None:
        """A share asked for by number comes with its item, its uses, what it hangs on, and what its group takes."""
        ann, bob = await build.user("ann"), await build.user("bob")
        root = await build.space(ann)
        grp = await build.group("grp")
        await build.join(grp, bob, level=Level.MANAGER)
        above, share = await reshares(build, root, [bob, grp], max_uses=5)
        await build.put(Use(share, 2))

        snapshot = await store.look(Look(Actor(bob), shares=(share,)))

        assert set(snapshot.shares) == {above, share}
        assert snapshot.chain(root) == (root,)
        assert snapshot.used == {share: 2}
        assert snapshot.levels == {(bob, grp): Level.MANAGER}
        assert set(snapshot.principals) >= {ann, bob, grp}

    async def test_acts_as(self, store: Store, build: Builder) -> None:
        """The principal that a share acts as is read with all that it is."""
        role, above = await build.group("role"), await build.group("above")
        await build.nest(role, above)
        root = await build.space(await build.user("ann"))
        link = await build.share(root, LINK, None, acts_as=role)

        snapshot = await store.look(Look(Actor(passes=(Pass(link, 0),)), items=(root,)))

        assert role in snapshot.principals
        assert snapshot.sets[role] == {role, above, EVERYONE}

    async def test_records_need_what_backers_are(self, store: Store, build: Builder) -> None:
        """On a record rules decide: the principal sets of owner and backers are read."""
        ann, bob = await build.user("ann"), await build.user("bob")
        grp = await build.group("grp", ann)
        space = (await build.get(Item, await build.space(ann))).space
        record = await build.record(space, "books", "1")
        await build.share(record, bob, stands_on=OWNER)

        snapshot = await store.look(Look(Actor(bob), items=(record,)))

        assert snapshot.sets[ann] >= {ann, grp}
        assert snapshot.chain(record) == (record,)

    async def test_allowances(self, store: Store, build: Builder) -> None:
        """What may be done at all is read for everyone, for whoever acts or backs, and for their organisations."""
        ann, bob, eve = [await build.user(name) for name in ("ann", "bob", "eve")]
        await build.put(*(Allowance(no, quota=no) for no in (EVERYONE, MAIN_ORG, ann, bob, eve)))
        root = await build.space(ann)
        await build.share(root, bob)

        snapshot = await store.look(Look(Actor(bob), items=(root,)))

        assert {no: row.quota for no, row in snapshot.allowances.items()} == {
            no: no for no in (EVERYONE, MAIN_ORG, ann, bob)
        }

    async def test_what_recipients_take(self, store: Store, build: Builder) -> None:
        """Terms of groups, the actor's level in them, blocks of users, and claims of addresses come with recipients."""
        ann, bob = await build.user("ann"), await build.user("bob")
        grp, other = await build.group("grp", ann), await build.group("other", ann)
        claimed, free = await build.mail("bob@example.org", bob), await build.mail("x@example.org")
        await build.put(GroupTerms(grp, view_only=True), GroupTerms(other), Block(bob, ann), Block(ann, bob))

        snapshot = await store.look(Look(Actor(ann), recipients=(grp, bob, claimed, free)))

        assert set(snapshot.terms) == {grp}
        assert snapshot.levels == {(ann, grp): Level.MEMBER}
        assert snapshot.blocks == {(bob, ann)}
        assert snapshot.claimed == {claimed: bob}
        assert set(snapshot.profiles) == {claimed, free}

    async def test_names(self, store: Store, build: Builder) -> None:
        """Names are read only if they are wanted, then of everybody met; addresses always, as allowances name them."""
        ann, bob, eve = [await build.user(name) for name in ("ann", "bob", "eve")]
        root = await build.space(ann)
        item = await build.item(root, "a", created_by=eve)
        mail = await build.mail("bob@example.org", bob)
        await build.share(item, mail, made_by=eve)

        plain = await store.look(Look(Actor(bob), items=(item,)))
        named = await store.look(Look(Actor(bob), items=(item,), names=True))

        assert set(plain.profiles) == {mail}
        assert {no: profile.name for no, profile in named.profiles.items()} == {
            ann: "ann",
            bob: "bob",
            eve: "eve",
            mail: "bob@example.org",
        }

    async def test_what_ends_is_not_read(self, store: Store, build: Builder) -> None:
        """The first look after a withdrawal, or after leaving a group, finds nothing of it."""
        bob = await build.user("bob")
        grp = await build.group("grp", bob)
        root = await build.space(await build.user("ann"))
        share = await build.share(root, grp, Role.MANAGER)
        actor = Actor(bob)
        assert Judge(await store.look(Look(actor, items=(root,))), 0).right(actor, root).may(Action.MANAGE)

        await build.commit(Drop(Member, (bob, grp)))
        left = await store.look(Look(actor, items=(root,)))
        await build.join(grp, bob)
        await build.commit(Drop(Share, (share,)))
        ended = await store.look(Look(actor, items=(root,)))

        assert not Judge(left, 0).right(actor, root).actions
        assert not ended.shares

    async def test_kinds_of_recipients(self, store: Store, build: Builder) -> None:
        """The principals read tell their kinds."""
        mail, grp = await build.mail("a@example.org"), await build.group("grp")

        snapshot = await store.look(Look(Actor(), recipients=(mail, grp, EVERYONE, LINK)))

        assert [snapshot.principals[no].kind for no in (mail, grp, EVERYONE, LINK)] == [
            Kind.MAIL,
            Kind.GROUP,
            Kind.EVERYONE,
            Kind.LINK,
        ]
