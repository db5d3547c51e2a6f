"""The one read helper: whoever is given up leaves the connection as he found it."""

from pathlib import Path

import pytest

from commonhold.core.problems import Problem
from commonhold.store.sqlite.reader import Reader

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n"


def test_a_question_that_is_given_up_ends_its_moment(empty_database: Path) -> None:
    """After a reading that was too late the next one begins, and sees what is there now."""
    reader = Reader(empty_database)
    for _ in range(20):
        with pytest.raises(Problem, match="query_too_costly"):
            reader.read(lambda: reader.all(SLOW), within=0.001)
        assert not reader.connection.in_transaction
    assert reader.read(lambda: reader.all("SELECT 1")) == [(1,)]
    reader.close()


def test_a_late_end_is_an_end(empty_database: Path) -> None:
    """Even if time is up when a reading ends, its moment ends with it."""
    reader = Reader(empty_database)
    reader.connection.set_progress_handler(lambda: True, 1)
    with pytest.raises(Problem):
        reader.read(lambda: reader.all(SLOW), within=0.001)
    assert reader.read(lambda: reader.all("SELECT 1")) == [(1,)]
    reader.close()
