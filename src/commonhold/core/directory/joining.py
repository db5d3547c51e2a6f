"""Groups from outside: joining one, asking to, and leaving."""

import enum
import json

from commonhold.core.changes import Drop, Put, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.groups import group_in, terms_of
from commonhold.core.directory.letters import JOIN
from commonhold.core.directory.standing import a, stand
from commonhold.core.directory.throttle import count_try, limited
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import Candidate, Level, Member, Outbox
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind


class Joined(enum.StrEnum):
    """What came of the wish to join."""

    MEMBER = "member"
    ASKED = "asked"  # its owner got a letter


async def join_group(core: Core, actor: Actor, ref: RecipientRef) -> Joined:
    """Join a group that is free to join, or ask its owner, as its terms say.

    :raises Problem: unknown_group, forbidden if one has to be invited, not_allowed for outsiders of its organisation,
        too_many_groups, too_many_requests
    """
    ref = a(Kind.GROUP, ref)

    async def once() -> Joined:
        standing = await stand(core, actor, ref, scope=Action.MANAGE)
        group = group_in(standing, ref)
        terms, user = terms_of(standing, group), actor.user or 0
        if (user, group.no) in standing.seen.levels:
            return Joined.MEMBER
        who = standing.seen.principals.get(user)
        if who is None or (terms.org_only and who.org != group.org):
            raise Problem("not_allowed")
        if terms.joining not in ("asked", "free"):
            raise Problem("forbidden")
        if len(standing.seen.set_of(user)) >= core.limits.principals:
            raise Problem("too_many_groups")
        draft = Draft(core, actor)
        if terms.joining == "asked":
            facts = json.dumps({"user": user, "group": group.no}, separators=(",", ":"))
            to = (group.owner,) if group.owner is not None else ()
            letters = (Put(Outbox(draft.no(), JOIN, owner, None, facts=facts, due_at=draft.now)) for owner in to)
            draft.note("group.join_asked", group.no)
            waiting = Upsert(Candidate(user, group.no, True, Level.MEMBER, user, draft.now))
            await count_try(core, limited(core, "join", f"{user}:{group.no}", None), waiting, *letters, *draft.changes)
            return Joined.ASKED
        draft.put(Member(user, group.no, since=draft.now))
        draft.note("group.joined", group.no)
        await draft.commit(standing.unchanged)
        return Joined.MEMBER

    return await attempt(once)


async def leave_group(core: Core, actor: Actor, ref: RecipientRef) -> None:
    """Leave a group; its owner cannot, and nobody can where its terms say so.

    :raises Problem: unknown_group, forbidden
    """
    ref = a(Kind.GROUP, ref)
    standing = await stand(core, actor, ref, scope=Action.MANAGE)
    group = group_in(standing, ref)
    if actor.user is None or actor.user == group.owner or not terms_of(standing, group).leaving:
        raise Problem("forbidden")
    draft = Draft(core, actor)
    draft.add(Drop(Member, (actor.user, group.no)))
    draft.note("group.left", group.no)
    await draft.commit()
