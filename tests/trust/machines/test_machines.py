"""Histories over all engines at once, and with the faces beside."""

from pathlib import Path

import pytest
from tests.postgres import Server
from tests.trust.machines.engines import drive, in_files, in_memory, in_postgres

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.slow
def test_engines_agree_on_every_history(tmp_path: Path, postgres: Server) -> None:
    """Memory, SQLite and PostgreSQL hold the same rows and decide alike after each step of the same histories.

    For longer: ``python -m tests.trust.machines --minutes N``.
    """
    makers = [in_memory, in_files(tmp_path), in_postgres(postgres)]
    assert drive(makers, examples=3, steps=12, faced=False) > 3


@pytest.mark.slow
def test_faces_show_what_the_oracle_allows(tmp_path: Path) -> None:
    """Whatever was done by verbs and by faces, each face shows an item exactly to those who may see it."""
    assert drive([in_memory, in_files(tmp_path)], examples=4, steps=15, faced=True) > 4


def test_faces_in_a_short_history() -> None:
    """The same, briefly, for the quick lane."""
    assert drive([in_memory], examples=3, steps=10, faced=True) > 3
