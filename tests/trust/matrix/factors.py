"""The factors of a cell, and samples of cells: every route once, every pair of the other factors, by a seed."""

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from tests.trust.matrix.declared import FACES, KINDS, Declared, declared

ROLES: Final = ("none", "previewer", "viewer", "viewer+", "uploader", "editor", "contributor", "manager")
"""``none``: a share without a role; ``viewer+``: one that may be passed on."""
WAYS: Final = ("user", "group", "nested", "org", "everyone", "link", "mail", "guest", "passed_on")
"""How a share reaches the caller. ``mail``: the address he verified; ``guest``: he is known by his address alone."""
CALLERS: Final = (
    "recipient", "narrow", "expired", "early", "withdrawn", "unopened", "left", "sharer_suspended", "suspended",
    "deleted", "nobody", "guessed", "stale", "outdated", "stranger", "owner", "administrator", "root",
)  # fmt: skip
"""Who asks, and what became of the share. ``narrow``: by a token that reads alone; ``unopened``: the share asks for a
password, and he has no pass; ``left``: he is no longer what the share names; ``guessed``: a token that nobody was
given; ``stale``: one that is over; ``outdated``: one from before a change of the password."""
ALIKE: Final = ("nobody", "guessed", "stale", "outdated", "stranger", "owner", "administrator", "root")
"""Callers whom no share reaches by any way but ``everyone``, whatever its role."""
OVER: Final = ("expired", "early", "withdrawn", "unopened", "left", "sharer_suspended", "suspended", "deleted")
"""Callers whom the share does not reach any more: the widest role is asked about."""


KEYS: Final[dict[str, tuple[str, ...]]] = {
    "native": ("bearer", "cookie", "pass"),
    "web": ("cookie", "bearer"),
    "puter": ("bearer", "parameter", "cookie"),
    "filr": ("basic", "password", "bearer", "cookie"),
    "arcgis": ("parameter", "bearer", "header"),
    "directus": ("bearer", "parameter", "cookie"),
}
"""How a credential is shown to a face. ``pass``: an opened link in the header for it; ``basic``: a token in the place
of the password; ``header``: the one of ArcGIS. Where a credential cannot be shown so, it is a bearer token."""


class Cell(msgspec.Struct, frozen=True):
    """One request: a route, asked by somebody about a thing that was shared so."""

    route: Declared
    kind: str
    role: str
    way: str
    caller: str
    by: str = "bearer"

    def __str__(self) -> str:
        """Name it so that ``--only`` finds it again."""
        return f"{self.route.name} | {self.kind} {self.role} {self.way} {self.caller} {self.by}"


def routes() -> list[Declared]:
    """Return all routes that have a decision."""
    return [one for face in FACES for one in declared(face)]


def _pairs(values: Sequence[str]) -> set[tuple[int, int, str, str]]:
    """Return the pairs of values that a combination holds, with the places of their factors."""
    numbered = list(enumerate(values))
    return {(a, b, one, other) for (a, one), (b, other) in itertools.combinations(numbered, 2)}


def sample(seed: int, of: Sequence[Declared] | None = None) -> Iterator[Cell]:
    """Yield a cell for every route, such that every pair of kind, role, way, caller and key is met if it can be.

    Of a handful of random combinations that one is taken which has the most pairs that were not met before.
    """
    chance = random.Random(seed)
    chosen = list(routes() if of is None else of)
    chance.shuffle(chosen)
    factors = (KINDS, ROLES, WAYS, CALLERS, tuple(dict.fromkeys(by for keys in KEYS.values() for by in keys)))
    left = {
        (a, b, one, other)
        for (a, left), (b, right) in itertools.combinations(enumerate(factors), 2)
        for one, other in itertools.product(left, right)
    }
    for route in sorted(chosen, key=lambda one: len(one.kinds)):  # the pickiest first: the others fill the gaps
        tries = [tuple(map(chance.choice, (route.kinds, ROLES, WAYS, CALLERS, KEYS[route.face]))) for _ in range(12)]
        best = max(tries, key=lambda one: len(_pairs(one) & left))
        left -= _pairs(best)
        yield Cell(route, *best)


def every(of: Sequence[Declared] | None = None) -> Iterator[Cell]:
    """Yield every cell, leaving out combinations that are others over again (``ALIKE``, ``OVER``).

    How the credential is shown goes round: each cell is asked by one of the ways that its face takes.
    """
    turn = itertools.count()
    for cell in _cells(of):
        keys = KEYS[cell.route.face]
        yield msgspec.structs.replace(cell, by=keys[next(turn) % len(keys)])


def _cells(of: Sequence[Declared] | None) -> Iterator[Cell]:
    for route in routes() if of is None else of:
        kinds = route.kinds if route.judged else route.kinds[:2]
        for kind in kinds:
            for caller in ALIKE:
                yield Cell(route, kind, "manager", "user", caller)
                yield Cell(route, kind, "viewer", "everyone", caller)
            for caller, way in itertools.product(OVER, WAYS):
                yield Cell(route, kind, "manager", way, caller)
            for caller, way in itertools.product(("recipient", "narrow"), WAYS):
                for role in ROLES if route.judged else ("manager", "viewer"):
                    yield Cell(route, kind, role, way, caller)
