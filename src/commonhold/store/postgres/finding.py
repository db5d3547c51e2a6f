"""Finding items by a filter, as one statement."""

from typing import Any

from commonhold.core.ports import Find
from commonhold.core.problems import Problem


def find(asked: Find) -> tuple[str, list[Any]]:
    """Make the statement that finds items.

    :raises Problem: bad_query
    """
    raise Problem("bad_query")
