"""Request rates: buckets that fill evenly, bounded memory, and what is counted as one caller."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http.faces import client, echo, face

from commonhold.core.identity import Actor, Pass
from commonhold.core.limits import Limits
from commonhold.core.problems import Problem
from commonhold.http.app import build_app
from commonhold.http.rates import MOST, Buckets, Rates, network_of
from commonhold.testing.core import make_core


def taken(buckets: Buckets, key: str, now: float, tries: int) -> int:
    """Return how many of some requests at one moment are let through."""
    count = 0
    for _ in range(tries):
        try:
            buckets.take(key, now)
        except Problem:
            break
        count += 1
    return count


def test_a_bucket_empties_and_fills_evenly() -> None:
    """As many as the limit come through at once; then one each time that the limit allows one; others are not met."""
    buckets = Buckets(60)
    assert taken(buckets, "a", 0.0, 99) == 60
    assert taken(buckets, "b", 0.0, 99) == 60
    assert taken(buckets, "a", 0.9, 9) == 0
    assert taken(buckets, "a", 5.0, 9) == 5
    assert taken(buckets, "a", 10_000.0, 99) == 60


@given(st.integers(1, 50), st.lists(st.tuples(st.floats(0, 30), st.integers(0, 40)), max_size=12))
def test_never_more_than_the_limit_and_what_fills_meanwhile(limit: int, bursts: list[tuple[float, int]]) -> None:
    """Whatever the bursts: no more come through than the limit, and what a minute's part adds to it."""
    buckets, now, through = Buckets(limit), 0.0, 0
    for wait, tries in bursts:
        now += wait
        through += taken(buckets, "a", now, tries)
        assert through <= limit + now * limit / 60 + 1e-6


def test_no_limit_and_no_requests_at_all() -> None:
    """None lets everything through and remembers nobody; nought lets nothing through."""
    assert (taken(free := Buckets(None), "a", 0.0, 1_000), len(free)) == (1_000, 0)
    assert taken(Buckets(0), "a", 0.0, 5) == 0


def test_memory_is_bounded() -> None:
    """Callers beyond the bound push out those who asked least; whoever used his up is not let in again by that."""
    buckets = Buckets(2)
    assert taken(buckets, "greedy", 0.0, 9) == 2
    for key in range(3 * MOST):
        buckets.take(str(key), 0.0)
    assert len(buckets) <= MOST
    assert taken(buckets, "greedy", 0.0, 9) == 0


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("127.0.0.1", None), ("::1", None),
        ("::ffff:127.0.0.1", None), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("testclient", None),
    ],
)  # fmt: skip
def test_what_is_one_address(address: str, counted: str | None) -> None:
    """Of IPv6 it is the network of one customer; this machine is not counted."""
    assert network_of(address) == counted


def test_each_link_is_counted_by_itself() -> None:
    """Passes of a link are counted together, whoever holds them, and accounts by themselves; not on this machine."""
    rates = Rates(Limits(account_requests=2, link_requests=1), lambda: 0.0)
    rates.identified(Actor(7, (Pass(1, 0),), address="192.0.2.7"))
    with pytest.raises(Problem, match="too_many_requests"):
        rates.identified(Actor(None, (Pass(1, 0),), address="192.0.2.8"))
    rates.identified(Actor(7, (Pass(2, 0),), address="192.0.2.9"))
    with pytest.raises(Problem, match="too_many_requests"):
        rates.identified(Actor(7, address="192.0.2.7"))
    for _ in range(9):
        rates.identified(Actor(7, (Pass(1, 0),), address="127.0.0.1"))
        rates.identified(Actor(7))


@pytest.mark.parametrize(("address", "statuses"), [("192.0.2.7", [200, 200, 429]), ("127.0.0.1", [200, 200, 200])])
async def test_an_address_that_asks_too_much(address: str, statuses: list[int]) -> None:
    """It is told when to come back, before anything is looked up for it; another one is served."""
    core = make_core(limits=Limits(address_requests=2))
    app = build_app(core, [face("one", "/one", routes={"/one/a": echo})])
    async with client(app, address) as caller:
        replies: list[Any] = [await caller.get("/one/a") for _ in range(3)]
    assert [reply.status_code for reply in replies] == statuses
    async with client(app, "192.0.2.99") as caller:
        assert (await caller.get("/one/a")).status_code == 200
