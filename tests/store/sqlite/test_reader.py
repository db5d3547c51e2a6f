"""The one read helper: whoever is given up leaves the connection as he found it."""

from pathlib import Path

import pytest

from commonhold.core.problems import Problem
from commonhold.store.sqlite.reader import PACE, Reader

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n"


def test_a_question_that_is_given_up_ends_its_moment(empty_database: Path) -> None:
    """After readings that were too late the next one begins, and sees what is there now.

    The end of a moment is a statement like any other: once in a while it is the one that finds that time is up.
    """
    reader = Reader(empty_database)
    for _ in range(2 * PACE):
        with pytest.raises(Problem, match="query_too_costly"):
            reader.read(lambda: reader.all(SLOW), within=0.0)
        assert not reader.connection.in_transaction
    assert reader.read(lambda: reader.all("SELECT 1")) == [(1,)]
    reader.close()
