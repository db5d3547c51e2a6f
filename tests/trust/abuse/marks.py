"""How a test says over which faces it holds: the table of cases is compared with this."""

from typing import Any, Final

import pytest

ALL: Final = ("native", "web", "puter", "filr", "arcgis", "directus")


def over(*names: str) -> Any:
    """Run a test once for each of these faces; its parameter is called ``face``."""
    return pytest.mark.parametrize("face", names)
