"""Proposals of this dialect: put to the core, with the limit of the day told as clients wait for it."""

from commonhold.core.problems import Problem
from commonhold.core.sharing.proposal import Proposal, Report
from commonhold.core.sharing.propose import propose
from commonhold.http.face import Call


async def proposed(call: Call, proposal: Proposal) -> Report:
    """Propose; a limit of the day says when to try again.

    :raises Problem: daily_limit with ``retry_after`` in seconds
    """
    try:
        return await propose(call.core, call.actor, proposal)
    except Problem as problem:
        at = problem.facts.get("retry_at")
        if at is not None:
            problem.facts["retry_after"] = max(1, -((call.core.clock() - at) // 1000))
        raise
