"""Published test tools: ``make_core()``, builders of rows, and contract suites for engines and faces.

The suites import pytest and stand in modules of their own (``store_contract``, ``blobs_contract``).
"""

from commonhold.testing.build import Builder
from commonhold.testing.core import START, CountedSecrets, QuickHasher, TestClock, make_core

__all__ = ["START", "Builder", "CountedSecrets", "QuickHasher", "TestClock", "make_core"]
