"""Names for what somebody begins to type: people and groups as far as he may see them."""

import msgspec

from commonhold.core.core import Core
from commonhold.core.directory.addresses import is_address
from commonhold.core.directory.groups import list_groups
from commonhold.core.directory.people import list_users
from commonhold.core.identity import Actor
from commonhold.core.model import State
from commonhold.core.roles import Kind

MOST = 8  # of each kind


class Suggestion(msgspec.Struct, frozen=True):
    """Somebody who may be meant: by ``uid``, or an address as it was typed. ``full``: first and last name."""

    kind: Kind
    name: str
    uid: str | None = None
    full: str | None = None
    external: bool = False


async def suggest(
    core: Core, actor: Actor, text: str, kinds: Kind = Kind.USER | Kind.GROUP | Kind.MAIL
) -> tuple[Suggestion, ...]:
    """Return who is called as ``text`` begins, people before groups; a whole address is suggested as such.

    Nobody is found by his address: whether somebody has an account is not to be tried out so.

    :raises Problem: unauthenticated; forbidden for guests
    """
    text = text.strip()
    found: list[Suggestion] = []
    if not text:
        return ()
    if kinds & Kind.USER:
        for person in (await list_users(core, actor, text, limit=MOST + 1)).rows:
            if person.no != actor.user and person.state in (State.ACTIVE, State.PENDING):
                full = " ".join(part for part in (person.first_name, person.last_name) if part)
                found.append(Suggestion(Kind.USER, person.name, person.uid, full or None, person.external))
    if kinds & Kind.GROUP:
        groups = (await list_groups(core, actor, text, limit=MOST)).rows
        found += [Suggestion(Kind.GROUP, group.title, group.uid) for group in groups]
    if kinds & Kind.MAIL and is_address(text):
        found.append(Suggestion(Kind.MAIL, text))
    return tuple(found)
