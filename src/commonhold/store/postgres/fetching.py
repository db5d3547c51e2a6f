"""The answers to single questions of a look, each one statement that also says which moment it saw."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from commonhold.core.model import EVERYONE, Instance, Item, Row, Share
from commonhold.core.ports import Clock
from commonhold.store.postgres.bag import Bag, Moved, Question
from commonhold.store.postgres.connections import Connection
from commonhold.store.postgres.rules import rules_over
from commonhold.store.postgres.statements import load, reading, rows_by, select
from commonhold.store.postgres.values import decode, decode_all
from commonhold.store.ruling import Kept

_CHAINS: Final = load("chains") + reading(
    "ARRAY(SELECT no FROM chain)", "ARRAY(SELECT one FROM chain JOIN item AS one ON one.no = chain.no)"
)
_SETS: Final = load("sets") + reading("ARRAY(SELECT ARRAY[principal, grp] FROM held)")
_SHARES: Final = reading(
    "ARRAY(SELECT found.one FROM unnest($1::bigint[]) AS given (no) CROSS JOIN unnest($2::bigint[]) AS mine (no) "
    "CROSS JOIN LATERAL (SELECT one FROM share AS one WHERE one.item = given.no AND one.recipient = mine.no OFFSET 0) "
    "AS found)"
)
_CHILD: Final = reading(
    "(SELECT one FROM item AS one WHERE one.parent = $1 AND one.name_key = $2 AND one.life = 'live')"
)
_STANDING: Final = reading(load("standing"))
_WIDE: Final = reading(load("wide"))
_COUNT: Final = reading("(SELECT count(*) FROM share WHERE share.item = ANY($1::bigint[]))")
_ADMINISTRATORS: Final = reading(load("administrators"))
_INSTANCE: Final = reading()


class Fetching:
    """Fetches answers into one bag over one connection."""

    def __init__(self, connection: Connection, bag: Bag, kept: Kept, clock: Clock) -> None:
        """``kept`` outlives this; ``clock`` is for rules that name the present time."""
        self.connection = connection
        self.bag = bag
        self._rules = rules_over(connection, kept, clock)

    async def fetch(self, question: Question) -> None:
        """Put the answer to a question into the bag.

        :raises Moved: it is of another moment than what is there
        """
        answer: Callable[..., Awaitable[None]] = getattr(self, f"_{question.probe}")
        await answer(*question.about)

    async def read(self, text: str, *values: Any) -> Sequence[Any]:
        """Run a statement that begins with the row of the installation; return what comes after it."""
        found = await self.connection.fetchrow(text, *values)
        if found is None:
            raise LookupError("the row of the installation is missing")
        self.bag.seen(Instance(*found[:4]))
        answers: Sequence[Any] = found[4:]
        return answers

    async def _instance(self) -> None:
        await self.read(_INSTANCE)

    async def _rows(self, table: type[Row], column: str, values: Sequence[Any]) -> None:
        (found,) = await self.read(select(table, column), list(values))
        self.bag.keep(table, column, values, decode_all(table, found))

    async def _numbers(self, *uids: str) -> None:
        (found,) = await self.read(reading(rows_by(Item, "uid")), list(uids))
        self.bag.numbers.update(dict.fromkeys(uids))
        self.bag.numbers.update((row.uid, row.no) for row in decode_all(Item, found))

    async def _chains(self, *items: int) -> None:
        numbers, found = await self.read(_CHAINS, list(items))
        self.bag.keep_items(numbers, decode_all(Item, found))

    async def _child(self, parent: int, name_key: str) -> None:
        (found,) = await self.read(_CHILD, parent, name_key)
        self.bag.children[parent, name_key] = None if found is None else decode(Item, found)

    async def _sets(self, *principals: int) -> None:
        (pairs,) = await self.read(_SETS, list(principals))
        keep_sets(self.bag, principals, pairs)

    async def _shares_on(self, items: Sequence[int], principals: frozenset[int]) -> None:
        there = list(dict.fromkeys((*items, *self.bag.shares)))
        (found,) = await self.read(_SHARES, there, list(principals))
        keep_shares(self.bag, there, principals, decode_all(Share, found))

    async def _standing(self, items: Sequence[int], after: int, limit: int | None) -> None:
        (found,) = await self.read(_STANDING, list(items), after, limit)
        self._other("standing", items, after, limit, found=decode_all(Share, found))

    async def _wide(self, items: Sequence[int], few: int) -> None:
        (found,) = await self.read(_WIDE, list(items), few)
        self._other("wide", items, few, found=decode_all(Share, found))

    async def _count_shares(self, items: Sequence[int]) -> None:
        (found,) = await self.read(_COUNT, list(items))
        self._other("count_shares", items, found=found)

    async def _administrators(self, org: int | None, after: int, limit: int | None) -> None:
        (found,) = await self.read(_ADMINISTRATORS, org, after, limit)
        self._other("administrators", org, after, limit, found=found)

    async def _rule_hits(self, records: Any, principals: Any, askers: Any) -> None:
        self._needs_a_moment()
        found = await self._rules.hits(records, principals, dict(askers))
        self._other("rule_hits", records, principals, askers, found=found)

    async def _existing(self, refs: Any) -> None:
        self._needs_a_moment()
        self._other("existing", refs, found=await self._rules.existing(refs))

    def _needs_a_moment(self) -> None:
        """Begin anew inside of a transaction: the rows of records do not say which moment they are of.

        :raises Moved: there is none
        """
        if not self.connection.is_in_transaction():
            raise Moved

    def _other(self, probe: str, *about: Any, found: Any) -> None:
        self.bag.others[Question(probe, about)] = found


def keep_sets(bag: Bag, principals: Sequence[int], pairs: Sequence[Sequence[int]]) -> None:
    """Keep what principals are, from pairs of a principal and a group."""
    held: dict[int, set[int]] = {no: {no, EVERYONE} for no in principals}
    for principal, grp in pairs:
        held[principal].add(grp)
    bag.sets.update((no, frozenset(found)) for no, found in held.items())


def keep_shares(bag: Bag, items: Sequence[int], recipients: frozenset[int], found: Sequence[Share]) -> None:
    """Keep the shares on some items for some recipients, in place of those that were known for fewer."""
    bag.shares = {item: [] for item in items}
    for share in found:
        bag.shares[share.item].append(share)
    bag.recipients = recipients
