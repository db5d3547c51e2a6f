"""The key of the installation."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from commonhold.keys.instance import BYTES, NAME, KeyUnusable, instance_key


def test_made_once(tmp_path: Path) -> None:
    """The first start makes a key that its owner alone can read; later ones find the same, and nothing lies about."""
    key = instance_key(tmp_path, database_exists=False)

    assert len(key) == BYTES
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert key == instance_key(tmp_path, database_exists=True)
    assert os.listdir(tmp_path) == [NAME]


def test_each_installation_has_its_own(tmp_path: Path) -> None:
    """No two installations share a key."""
    keys = set()
    for name in "ab":
        (tmp_path / name).mkdir()
        keys.add(instance_key(tmp_path / name, database_exists=False))
    assert len(keys) == 2


def test_many_start_at_once(tmp_path: Path) -> None:
    """Processes that start at the same time agree on one key."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: instance_key(tmp_path, database_exists=False), range(32)))

    assert len(keys) == 1
    assert os.listdir(tmp_path) == [NAME]


def test_never_made_anew_beside_a_database(tmp_path: Path) -> None:
    """If the key is gone but the database is there, the start is refused: a new key would shut every link."""
    with pytest.raises(KeyUnusable, match=r"instance\.key is missing.*backup"):
        instance_key(tmp_path, database_exists=True)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_not_for_others(tmp_path: Path, mode: int) -> None:
    """A key that others may read or write is refused, with the command that closes it."""
    instance_key(tmp_path, database_exists=False)
    (tmp_path / NAME).chmod(mode)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        instance_key(tmp_path, database_exists=True)


@pytest.mark.parametrize("text", ["", "no hexadecimal", "ab" * (BYTES - 1), "ab" * (BYTES + 1), "ä"])
def test_damaged(tmp_path: Path, text: str) -> None:
    """A key that is cut or is none is refused; its content is not told."""
    path = tmp_path / NAME
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KeyUnusable, match="damaged") as caught:
        instance_key(tmp_path, database_exists=True)
    assert not text or text not in str(caught.value)
