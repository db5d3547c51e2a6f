"""Random histories through the verbs; after each step check, lists, audience and why agree with the oracle.

The machine is that of ``tests.trust.machines``, which drives all engines; here it drives the one in memory.
"""

import pytest
from hypothesis import settings
from tests.trust.machines.histories import Histories

Histories.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
class TestHistoriesInMemory(Histories.TestCase):  # type: ignore[misc, valid-type]
    """Histories over the reference engine."""
