"""A snapshot, assembled from the answers to a few probes: the same for every engine, and the hot path of all requests.

The number of probes is constant, whatever the number of items, recipients and shares; only paths and occupied names
(one each step) and shares that hang on one another (one each hop) ask again. Nothing is asked about nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from commonhold.core.identity import ItemRef, RecordRef
from commonhold.core.model import (
    EVERYONE,
    LINK,
    OWNER,
    Allowance,
    Block,
    GroupTerms,
    Item,
    Member,
    Principal,
    Profile,
    Rule,
    Share,
    Space,
    Use,
)
from commonhold.core.policy.decide import LONGEST_CHAIN
from commonhold.core.policy.snapshot import Look, Part, Snapshot, Step
from commonhold.core.records.items import NO_OWNER, SPACE, Unborn
from commonhold.core.roles import ItemKind, Kind
from commonhold.store.probes import Probes
from commonhold.store.references import find_items, find_recipients, find_shares

FEW: Final = 16  # shares of an item with single persons, addresses and links that tell whether it has any


def assemble(look: Look, probes: Probes) -> Snapshot:
    """Read everything that the decision behind ``look`` needs. All probes must see the same moment."""
    return _Reading(look, probes).done()


class _Reading:
    """One reading under way: ``seen`` fills step by step, each step built on those before it."""

    __slots__ = ("asked", "look", "probes", "recipients", "records", "seen", "subjects")

    def __init__(self, look: Look, probes: Probes) -> None:
        at = probes.instance()
        self.look = look
        self.probes = probes
        self.seen = Snapshot(at.revision, at.people_at, at.tree_at)
        user = look.actor.user
        self.subjects = look.subjects if user is None else (user, *look.subjects)
        self.asked: list[Share] = []  # shares asked for by themselves
        self.recipients: set[int] = set()  # of the proposal, or of the shares asked for
        self.records: list[Item] = []

    def done(self) -> Snapshot:
        """Take all steps."""
        look = self.look
        if look.shares or look.actor.passes:
            self._shares_asked_for()
        if look.recipients:
            self.seen.found_recipients = find_recipients(look.recipients, self.probes)
            self.recipients.update(self.seen.found_recipients.values())
        if look.items or look.occupied or self.asked:
            self._places()
        if look.audience is not None:
            self._audience(look.audience)
        self._shares_on_chains()
        self._people()
        if self.recipients:
            self._acceptance()
        if self.asked or self.recipients:
            self._uses()
        self._profiles()
        return self.seen

    def _shares_asked_for(self) -> None:
        look, shares = self.look, self.seen.shares
        found = find_shares(look.shares, [held.share for held in look.actor.passes], self.probes)
        for share in found.values():
            shares[share.no] = share
        for ref in look.shares:
            if ref in found:
                self.seen.found_shares[ref] = found[ref].no
                self.asked.append(found[ref])
        self.recipients.update(share.recipient for share in self.asked)

    def _places(self) -> None:
        """Read the items, the chains above them, and the spaces they lie in."""
        look, seen = self.look, self.seen
        occupied = [folder for folder, _ in look.occupied]
        found = find_items((*look.items, *occupied) if occupied else look.items, self.probes)
        items = seen.items
        if look.unborn:
            self._unborn(found)
        targets = {*found.values(), *[share.item for share in self.asked]}
        if targets:
            items.update(self.probes.chains([no for no in targets if no > 0]))
        seen.found_items = {ref: no for ref, no in found.items() if no in items}
        for folder, name in look.occupied:
            child = self.probes.child(found[folder], name) if folder in seen.found_items else None
            if child is not None:
                items[child.no] = child
                targets.add(child.no)
                seen.occupied[folder, name] = child.no
        here = [items[no] for no in targets if no in items]
        if here:
            spaces = {item.space for item in here if item.space > 0}  # whatever lies above lies in the same one
            seen.spaces.update(self.probes.by_no(Space, spaces))
        self.records = [item for item in here if item.kind is ItemKind.RECORD]

    def _unborn(self, found: dict[ItemRef, int]) -> None:
        """Find rows of records that are no items yet, and see them as the items that they would be."""
        missing = [ref for ref in self.look.items if isinstance(ref, RecordRef) and ref not in found]
        rows = self.probes.existing(missing) if missing else {}
        if not rows:
            return
        known = find_items(set(rows.values()), self.probes)
        spaces = [row for row in self.probes.rows(Space, "owner", (NO_OWNER,)) if row.uid == SPACE]
        born = Unborn(spaces[0] if spaces else None)
        self.seen.spaces[born.space.no] = born.space
        for ref, row in rows.items():
            if row not in known:
                known[row] = (item := born.item(row)).no
                self.seen.items[item.no] = item
            found[ref] = known[row]

    def _audience(self, part: Part) -> None:
        """Read the part of the audience that is asked for: administrators, and the shares that reach the item."""
        seen, probes = self.seen, self.probes
        places = list(dict.fromkeys(place for no in seen.found_items.values() for place in seen.unbroken(no)))
        if not places:
            return
        org = next((space.org for space in seen.spaces.values()), None)
        whole = Part() if part.total else part
        if (after := whole.since(Step.ADMINISTRATOR)) is not None:
            most = None if whole.limit is None else whole.limit + 1  # the owner may be one, and is told as the owner
            seen.administrators = tuple(probes.administrators(org, after, most))
        if (after := part.since(Step.SHARE)) is not None:
            found = probes.standing(places, after, part.limit)
            seen.shares.update((share.no, share) for share in found)
            seen.standing = tuple(share.no for share in found)
        if part.total:
            seen.total = probes.count_shares(places)

    def _shares_on_chains(self) -> None:
        """Read the shares that can reach whom the decision is about, and those that they hang on."""
        seen, shares = self.seen, self.seen.shares
        if self.subjects:
            seen.sets.update(self.probes.sets(self.subjects))
        if seen.items:
            principals = frozenset((EVERYONE, *self.recipients)).union(*seen.sets.values())
            if self.look.unborn or LINK not in seen.found_recipients.values():
                principals -= {LINK}  # one link says nothing about others, of which there may be thousands
            shares.update(self.probes.shares_on(seen.items, principals))
            if self.look.widely:
                self._wide()
        fresh: Iterable[Share] = shares.values()
        for _ in range(LONGEST_CHAIN):
            missing = {share.hangs_on for share in fresh if share.hangs_on is not None} - shares.keys()
            if not missing:
                break
            found = self.probes.by_no(Share, missing)
            shares.update(found)
            fresh = found.values()
        on = seen.on
        for no in sorted(shares):
            item = shares[no].item
            on[item] = (*on[item], no) if item in on else (no,)

    def _wide(self) -> None:
        """Read how far the items reach, the terms of the groups that get them, and who has claimed addresses."""
        for share in self.probes.wide(self.seen.items, FEW):
            self.seen.shares[share.no] = share
            if share.kind in (Kind.GROUP, Kind.MAIL):
                self.recipients.add(share.recipient)

    def _people(self) -> None:
        """Read who owns, backs, receives and acts; what the backers are; what they may do at all; and rules."""
        seen, probes = self.seen, self.probes
        ruling = self._ruling()
        bounded, leaning, met = self._behind_shares()
        bounded.update(self.subjects)
        for space in seen.spaces.values():
            bounded.add(space.owner)  # his allowance says how much his space may hold
        met.update(bounded, self.recipients, ruling, seen.administrators)
        if self.look.names:
            met.update(self._named())
        known = seen.principals
        if met:
            known.update(probes.by_no(Principal, met))
        if self.recipients:
            seen.found_recipients = {ref: no for ref, no in seen.found_recipients.items() if no in known}
        if self.records:
            leaning.update(bounded)
        leaning -= seen.sets.keys()
        if leaning:
            seen.sets.update(probes.sets(leaning))
        if bounded:
            holders = {EVERYONE, *bounded}
            for no in bounded:
                if no in known and (org := known[no].org) is not None:
                    holders.add(org)
            seen.allowances.update(probes.by_no(Allowance, holders))
        if self.records:
            askers = {EVERYONE: frozenset((EVERYONE,)), **seen.sets}
            hits = probes.rule_hits(self.records, {EVERYONE, *ruling}.union(*seen.sets.values()), askers)
            seen.rules = {item: tuple(found) for item, found in hits.items()}

    def _ruling(self) -> set[int]:
        """Return, for an audience, everybody who holds a rule for the records; else only what people are counts."""
        if self.look.audience is None or not self.records:
            return set()
        collections = {record.collection for record in self.records}
        return {rule.principal for rule in self.probes.rows(Rule, "collection", collections)}

    def _behind_shares(self) -> tuple[set[int], set[int], set[int]]:
        """Return who backs the shares, whose principal sets they lean on, and on whom else they depend."""
        backing, leaning, met = set[int](), set[int](), set[int]()
        for share in self.seen.shares.values():
            if share.kind is Kind.MAIL:
                met.add(share.recipient)
            if share.acts_as is not None:
                met.add(share.acts_as)
                leaning.add(share.acts_as)
            backer = self._backer(share)
            if backer is not None:
                backing.add(backer)
                if share.hangs_on is not None:
                    leaning.add(backer)
        return backing, leaning, met

    def _backer(self, share: Share) -> int | None:
        if share.stands_on != OWNER:
            return share.stands_on
        item = self.seen.items.get(share.item)
        space = self.seen.spaces.get(item.space) if item else None
        return space.owner if space else None

    def _named(self) -> Iterator[int]:
        """Yield what is only named: who got and made shares, who made and changed items, organisations of spaces."""
        yield from (space.org for space in self.seen.spaces.values() if space.org is not None)
        for share in self.seen.shares.values():
            yield share.recipient
            yield share.made_by
        for item in self.seen.items.values():
            yield from (no for no in (item.created_by, item.changed_by, item.trashed_by) if no is not None)

    def _acceptance(self) -> None:
        """Read what the recipients take: terms of groups, what subjects are in them, blocks, verified addresses."""
        seen = self.seen
        met = self.recipients
        by_kind: dict[Kind, list[int]] = {}
        for no in met & seen.principals.keys():
            by_kind.setdefault(seen.principals[no].kind, []).append(no)
        if groups := by_kind.get(Kind.GROUP):
            seen.terms = self.probes.by_no(GroupTerms, groups)
            if self.subjects:
                edges = self.probes.rows(Member, "member", self.subjects)
                seen.levels = {(edge.member, edge.grp): edge.level for edge in edges if edge.grp in met}
        if addresses := by_kind.get(Kind.MAIL):
            seen.claimed = {edge.grp: edge.member for edge in self.probes.rows(Member, "grp", addresses)}
        if users := {*by_kind.get(Kind.USER, ()), *seen.claimed.values()}:
            seen.blocks = frozenset((row.user, row.blocked) for row in self.probes.rows(Block, "user", users))

    def _uses(self) -> None:
        """Read how many passes links, and whatever else counts them, have handed out."""
        counted = [
            no for no, share in self.seen.shares.items() if share.kind is Kind.LINK or share.max_uses is not None
        ]
        if counted:
            self.seen.used = {no: row.used for no, row in self.probes.by_no(Use, counted).items()}

    def _profiles(self) -> None:
        """Read names: of mail addresses, on which a backer's allowance depends, and if wanted of everybody met."""
        principals = self.seen.principals
        wanted = list(principals) if self.look.names else [no for no, p in principals.items() if p.kind is Kind.MAIL]
        if wanted:
            self.seen.profiles = self.probes.by_no(Profile, wanted)
