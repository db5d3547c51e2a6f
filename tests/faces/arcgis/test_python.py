"""The real Python client, unchanged: it logs in in each of its ways, and shares by each of its functions."""

from pathlib import Path

import msgspec
import pytest
from tests.faces.arcgis.python_client import played

pytestmark = [pytest.mark.arcgis, pytest.mark.slow, pytest.mark.debian("openssl")]

EXPECTED = Path(__file__).parent / "cases" / "python.json"


def test_the_real_client(tmp_path: Path) -> None:
    """Log-in by pages, by password, by token and not at all; people, groups, items, and every way to share them."""
    found = played(tmp_path)
    expected = msgspec.json.decode(EXPECTED.read_bytes())
    for scene, steps in expected.items():
        assert found[scene] == steps, scene
    assert found.keys() == expected.keys()
