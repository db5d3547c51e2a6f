"""The town itself: everybody has a token that every face takes, and there is something of each kind."""

import pytest
from tests.trust.town import FACES, Town

pytestmark = pytest.mark.slow

WHO = {
    "native": "/api/v1/session",
    "web": "/app",
    "puter": "/whoami",
    "filr": "/rest/self",
    "arcgis": "/sharing/rest/community/self?f=json",
    "directus": "/users/me",
}


@pytest.mark.parametrize("face", FACES)
async def test_one_token_for_all_faces(town: Town, face: str) -> None:
    """Each face knows Alice by one and the same bearer token."""
    reply = await town.alice("GET", WHO[face])
    assert (reply.status, reply.refused) == (200, False), reply
    assert "alice" in reply.text


def test_every_face_is_here() -> None:
    """A face that is added to the house stands in the town."""
    assert FACES.keys() == WHO.keys()
