"""The site on every engine that there is."""

import pytest
from tests.faces.towns import Plan, furnished, furnished_in_file, furnished_in_postgres, hamlet, town
from tests.faces.web.site import Site

__all__ = ["furnished", "furnished_in_file", "furnished_in_postgres", "hamlet", "town"]


@pytest.fixture(scope="session")
def plan() -> Plan:
    """How the site is built: of people alone."""

    async def bare(site: Site) -> Site:
        return site

    return Plan(Site.found, bare, Site.again)


@pytest.fixture
def site(town: Site) -> Site:
    """The site on each engine."""
    return town


@pytest.fixture
def hut(hamlet: Site) -> Site:
    """The site in memory alone: for what no engine can change."""
    return hamlet
