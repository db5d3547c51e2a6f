"""What most looks will ask for, read in one statement and put into the bag before the first question."""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final

from commonhold.core.directory.addresses import address_key
from commonhold.core.identity import LinkRef, Named, RecordRef, VersionRef
from commonhold.core.keys import person_key
from commonhold.core.model import (
    EVERYONE,
    Allowance,
    Block,
    GroupTerms,
    Item,
    LinkKey,
    Member,
    Principal,
    Profile,
    Share,
    Space,
    Use,
)
from commonhold.core.policy.snapshot import Look
from commonhold.core.roles import Kind
from commonhold.store.postgres.bag import Bag
from commonhold.store.postgres.fetching import Fetching, keep_sets, keep_shares
from commonhold.store.postgres.statements import load
from commonhold.store.postgres.values import decode_all, fitting

TEXT: Final = load("foresight")
FOUND: Final = (
    "chain", Item, Space, "held", "mine", Share, "leaning", "leaned", "people", Principal, Allowance, Profile,
    "named", GroupTerms, "members", "verified", Block, Use, "named_profiles", LinkKey,
)  # fmt: skip
"""What the statement finds, in order: rows of these types, or something else by its name."""
PLAINLY: Final = FOUND.index("named")
"""So much of it is found where no others are named."""
ROWS: Final[dict[Any, Any]] = {"members": Member, "verified": Member, "named_profiles": Profile}


@cache
def statement(*, others: bool, names: bool) -> str:
    """Make the statement, with what is needed for recipients and shares, and for names, or without."""
    text = TEXT
    for part, wanted in (("others", others), ("names", names)):
        if not wanted:
            text = re.sub(rf"\n *--\+ {part}\n.*?\n *---", "", text, flags=re.DOTALL)
    return text


async def foresee(look: Look, fetching: Fetching) -> None:
    """Read what is likely to be asked."""
    wanted = _Wanted(look)
    others = wanted.others()
    asks = any(others)
    text = statement(others=asks, names=look.names)
    raw = await (fetching.read(text, *wanted.places(), *others) if asks else fetching.read(text, *wanted.places()))
    found: dict[Any, Any] = dict.fromkeys(FOUND, ())
    for what, each in zip(FOUND if asks else FOUND[:PLAINLY], raw, strict=True):
        table = what if isinstance(what, type) else ROWS.get(what)
        found[what] = each if table is None else decode_all(table, each)
    _places(fetching.bag, wanted, found)
    _shares(fetching.bag, wanted, found)
    if asks:
        fetching.bag.keep(Use, "no", [share.no for share in found[Share]], found[Use])
    _people(fetching.bag, wanted, found, names=look.names)


class _Wanted:
    """The references of a look, by the columns that they are looked up in."""

    def __init__(self, look: Look) -> None:
        user = look.actor.user
        folders = [folder for folder, _ in look.occupied]
        places = (*look.items, *folders)
        named = [ref.text for ref in look.recipients if isinstance(ref, Named)]
        self.items = _of(int, places)
        self.uids = _of(str, places)
        self.refs = fitting(ref.key for ref in look.items if isinstance(ref, RecordRef))
        self.subjects = fitting(look.subjects if user is None else (user, *look.subjects))
        self.recipients = _of(int, look.recipients)
        self.texts = fitting(named)
        self.keys = fitting(key for text in named for key in (person_key(text), address_key(text)))
        self.shares = fitting((*_of(int, look.shares), *(held.share for held in look.actor.passes)))
        self.share_uids = _of(str, look.shares)
        self.versions = fitting(ref.version for ref in look.shares if isinstance(ref, VersionRef))
        self.digests = fitting(ref.digest for ref in look.shares if isinstance(ref, LinkRef))

    def places(self) -> Sequence[Any]:
        """Return the values that name places, and whose access it is about."""
        return (self.items, self.uids, self.refs, self.subjects)

    def others(self) -> Sequence[Any]:
        """Return the values that name recipients and shares."""
        return (
            self.recipients, self.texts, self.keys,
            self.shares, self.share_uids, self.versions, self.digests,
        )  # fmt: skip


def _of(kind: type, refs: Iterable[Any]) -> list[Any]:
    return fitting(ref for ref in refs if isinstance(ref, kind))


def _places(bag: Bag, wanted: _Wanted, found: dict[Any, Any]) -> None:
    items: Sequence[Item] = found[Item]
    bag.keep_items(found["chain"], items)
    bag.numbers.update(dict.fromkeys(wanted.uids))
    bag.numbers.update((item.uid, item.no) for item in items if item.uid in bag.numbers)
    _by(bag, Item, "ref", wanted.refs, items)
    bag.keep(Space, "no", {item.space for item in items}, found[Space])


def _shares(bag: Bag, wanted: _Wanted, found: dict[Any, Any]) -> None:
    shares: Sequence[Share] = found[Share]
    keys: Sequence[LinkKey] = found[LinkKey]
    mine, there = frozenset(found["mine"]), set(found["chain"])
    keep_sets(bag, wanted.subjects, found["held"])
    keep_sets(bag, found["leaning"], found["leaned"])
    near = [share for share in shares if share.item in there and share.recipient in mine]
    keep_shares(bag, list(there), mine, near)
    bag.keep(LinkKey, "digest", wanted.digests, keys)
    above = {share.hangs_on for share in shares if share.hangs_on is not None}
    known = {*wanted.shares, *(key.no for key in keys), *above, *(share.no for share in shares)}
    bag.keep(Share, "no", known, shares)
    _by(bag, Share, "uid", wanted.share_uids, shares)
    _by(bag, Share, "version", wanted.versions, shares)


def _people(bag: Bag, wanted: _Wanted, found: dict[Any, Any], *, names: bool) -> None:
    people: Sequence[int] = found["people"]
    known: Sequence[Principal] = found[Principal]
    named = set(found["named"])
    bag.keep(Principal, "no", people, known)
    _by(bag, Principal, "uid", wanted.texts, known)
    bag.keep(Profile, "name_key", wanted.keys, found["named_profiles"])
    addresses = [one.no for one in known if one.kind is Kind.MAIL]
    bag.keep(Profile, "no", people if names else addresses, found[Profile])
    orgs = {one.org for one in known if one.org is not None}
    bag.keep(Allowance, "no", {EVERYONE, *people, *orgs}, found[Allowance])
    bag.keep(GroupTerms, "no", named, found[GroupTerms])
    if named:
        bag.keep(Member, "member", wanted.subjects, found["members"])
    bag.keep(Member, "grp", named.intersection(addresses), found["verified"])
    takers = {*named, *(edge.member for edge in found["verified"])}
    bag.keep(Block, "user", takers, found[Block])


def _by(bag: Bag, table: type[Any], column: str, values: Collection[Any], rows: Iterable[Any]) -> None:
    """Keep those of some rows that have one of some values in a column."""
    bag.keep(table, column, values, [row for row in rows if getattr(row, column) in values])
