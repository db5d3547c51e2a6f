"""What every engine for facts must do. Inherit ``StoreContract`` in a test class and give it three fixtures.

* ``store``: an empty store, as its engine makes it;
* ``reopen``: an async function that closes the store it is given and opens its data again;
* ``past``: an async function of a store and a row type, which returns what its past table holds as dictionaries,
  oldest end first (``store.tables.columns_of_past``).
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from commonhold.core.model import Row
from commonhold.core.ports import Store
from commonhold.testing.build import Builder
from commonhold.testing.contracts.counters import Counters, PastRows
from commonhold.testing.contracts.counting import Counting, Moving
from commonhold.testing.contracts.finding import Finding
from commonhold.testing.contracts.groups import Groups
from commonhold.testing.contracts.guards import Guards
from commonhold.testing.contracts.listing import Ending, Listing, Reachable, Searching
from commonhold.testing.contracts.looking import Credentials, Looking
from commonhold.testing.contracts.names import Names
from commonhold.testing.contracts.reaching import Reaching
from commonhold.testing.contracts.together import Together
from commonhold.testing.contracts.writing import WritingRows

Reopen = Callable[[Store], Awaitable[Store]]
Past = Callable[[Store, type[Row]], Awaitable[list[dict[str, Any]]]]


class StoreContract(
    WritingRows,
    Names,
    Guards,
    Counting,
    Moving,
    Groups,
    Counters,
    PastRows,
    Listing,
    Reachable,
    Ending,
    Searching,
    Finding,
    Looking,
    Credentials,
    Reaching,
    Together,
):
    """The contract of ``core.ports.Store``."""

    @pytest.fixture
    def build(self, store: Store) -> Builder:
        """Return a builder of rows in the store."""
        return Builder(store)
