"""Search by words, over what the actor may see: candidates from the store, each page decided in one look."""

from commonhold.core.content.steps import ask
from commonhold.core.content.tree import Cursor, Page, Seen, see
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.keys import words_of
from commonhold.core.model import Life
from commonhold.core.policy.allowed import SELF, Allowed
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Search
from commonhold.core.problems import Problem
from commonhold.core.roles import Action

ROUNDS = 4  # pages of candidates per call: a word that only others use must not make a call long
WORDS = 16


async def search(
    core: Core,
    actor: Actor,
    text: str,
    *,
    within: ItemRef | None = None,
    after: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """Return a page of the live items whose names have all words of ``text`` (beginnings count), newest first.

    ``within`` searches below a folder only, which the holder of a link may, too. A page may be short and have a next.

    :raises Problem: bad_query, bad_cursor, unauthenticated, unknown_item
    """
    words = tuple(words_of(text[: core.limits.label_chars]))[:WORDS]
    if not words:
        raise Problem("bad_query", field="text")
    allowed, folder, spaces = await _where(core, actor, within)
    found: list[Seen] = []
    last = _cursor(after)
    for _ in range(ROUNDS):
        look_for = Search(words, spaces, None if last is None else (last,), LONGEST_PAGE)
        numbers = await core.store.search(allowed, look_for)
        for seen in await _decided(core, actor, numbers, folder):
            found.append(seen)
            if len(found) == max(1, min(limit, core.limits.page)):
                return Page(tuple(found), (seen.item.no,))
        if len(numbers) < LONGEST_PAGE:
            return Page(tuple(found))
        last = numbers[-1]
    return Page(tuple(found), (last,))


def _cursor(after: Cursor | None) -> int | None:
    match after:
        case None:
            return None
        case (int(last),):
            return last
    raise Problem("bad_cursor", field="after")


async def _where(
    core: Core, actor: Actor, within: ItemRef | None
) -> tuple[Allowed, int | None, tuple[int, ...] | None]:
    """Return the proof, the folder to search below, and the spaces to search."""
    if within is None:
        return allow(actor, SELF), None, None
    asked = ask(await judge(core, Look(actor, items=(within,))), actor, within, Action.READ, "within")
    return asked.allowed, asked.item.no, (asked.item.space,)


async def _decided(core: Core, actor: Actor, numbers: list[int], folder: int | None) -> list[Seen]:
    """Return those candidates that the actor may read, in the order given."""
    if not numbers:
        return []
    seen = await judge(core, Look(actor, items=tuple(numbers), names=True))
    found = []
    for no in numbers:
        right = seen.right(actor, no)
        if not right.may(Action.READ) or seen.snapshot.life(no) is not Life.LIVE:
            continue
        if folder is None or folder in seen.snapshot.chain(no)[1:]:
            found.append(see(seen, actor, seen.snapshot.items[no], right))
    return found
