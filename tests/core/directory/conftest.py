"""A town for every test, with an administrator and two people."""

import pytest
from tests.core.directory.town import PASSWORD, Town

from commonhold.core.directory.people import Person


@pytest.fixture
def town() -> Town:
    """An installation with nobody in it."""
    return Town()


@pytest.fixture
async def root(town: Town) -> Person:
    """The administrator of the installation."""
    return await town.user("root", admin=True, password=PASSWORD)


@pytest.fixture
async def alice(town: Town, root: Person) -> Person:
    """A person with a password and a verified address."""
    return await town.user("alice", email="alice@example.org", verified=True, password=PASSWORD)


@pytest.fixture
async def bob(town: Town, root: Person) -> Person:
    """Another person."""
    return await town.user("bob", email="bob@example.org", verified=True, password=PASSWORD)
