"""To come."""

from typing import Any

from commonhold.faces.directus.problems import forbidden
from commonhold.http.face import Call


async def system(call: Call) -> Any:
    """To come."""
    del call
    raise forbidden()
