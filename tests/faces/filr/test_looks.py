"""What a request costs: as many readings for many rows as for few; and how refusals of the core are worded."""

from typing import Any

import msgspec
import pytest
from tests.faces.filr.town import Town, again

from commonhold.core.problems import SENTENCES, Problem
from commonhold.faces.filr.problems import STATUS, of_problem


class Counting:
    """A store that counts what it is asked."""

    def __init__(self, store: Any) -> None:
        """Wrap a store."""
        self._store = store
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        """Count, and hand over."""
        self.asked += 1
        return getattr(self._store, name)


async def cost(town: Town, store: Counting, who: str, method: str, path: str, body: Any = None) -> int:
    """Return how often the store was asked for a request."""
    store.asked = 0
    reply = await town.clients[who](method, path, body)
    assert reply.status < 300, reply
    return store.asked


async def test_readings_do_not_grow_with_rows(hamlet: Town) -> None:
    """Lists, creation, update and end take as many readings whatever is shared already."""
    store = Counting(hamlet.core.store)
    town = again(hamlet, msgspec.structs.replace(hamlet.core, store=store))
    for who in ("alice", "bob", "root"):
        await town.clients[who]("GET", "/shares/1")  # from now on the pair of name and token is known
    costs = []
    for number in range(2):
        share = {"recipient": town.user("bob"), "access": {"role": "VIEWER"}}
        made = [await cost(town, store, "alice", "POST", town.shares_of("/alice/a.txt"), share)]
        (shown,) = (await town.alice.get(town.shares_of("/alice/a.txt")))["items"]
        made.append(await cost(town, store, "alice", "GET", shown["href"]))
        made.append(await cost(town, store, "alice", "POST", shown["href"], {"access": {"role": "EDITOR"}}))
        for who, path in (
            ("bob", f"/shares/with_user/{town.no('bob')}"),
            ("alice", f"/shares/by_user/{town.no('alice')}"),
            ("alice", town.shares_of("/alice/a.txt")),
            ("root", "/admin/shares"),
        ):
            made.append(await cost(town, store, who, "GET", path))
        (shown,) = (await town.alice.get(town.shares_of("/alice/a.txt")))["items"]
        made.append(await cost(town, store, "alice", "DELETE", shown["href"]))
        costs.append(made)
        for more in range(30 * (1 - number)):
            path = f"/alice/more {more}.txt"
            await town.file(path)
            await town.give(path, "bob", notify=False)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 8


def test_every_problem_has_a_code_here() -> None:
    """Each problem of the core is told with a status that is no success and a code in capitals."""
    for code in SENTENCES:
        refused = of_problem(Problem(code))
        assert refused.status == STATUS[code] >= 400
        assert refused.info.code.isupper()
        assert refused.info.message


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("conflict", 409, "OPTIMISTIC_LOCKING_FAILURE"),
        ("precondition_failed", 409, "FILE_VERSION_CONFLICT"),
        ("name_collides", 409, "FILE_EXISTS"),
        ("kind_not_allowed", 403, "ACCESS_DENIED"),
        ("role_too_high", 403, "ACCESS_DENIED"),
        ("account_inactive", 401, "USERACCOUNT_NOT_ACTIVE"),
        ("self_share", 400, "BAD_INPUT"),
        ("malformed_body", 400, "BAD_INPUT"),
        ("internal", 500, "SERVER_ERROR"),
    ],
)
def test_words_of_refusals(code: str, status: int, told: str) -> None:
    """The table of refusals."""
    refused = of_problem(Problem(code))
    assert (refused.status, refused.info.code) == (status, told)
