"""What is watched in every test of the core."""

from collections.abc import Iterator

import pytest
from tests.core.audit.law import Law, under

from commonhold.store.memory import MemoryStore


@pytest.fixture(autouse=True)
def law(monkeypatch: pytest.MonkeyPatch) -> Iterator[Law]:
    """No verb changes anything without an event (``audit.law``)."""
    law = Law()
    monkeypatch.setattr(MemoryStore, "commit", under(law))
    yield law
    assert law.broken == [], "no event says so"
