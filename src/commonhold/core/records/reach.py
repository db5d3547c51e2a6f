"""Reach: the rows that are linked with one row, by relations.

A link to a record may show what hangs together with it. From the row at its root, every relation that touches a
collection is followed:

* down, to the rows that refer to one that is reached, and on from there;
* up, to the row that is referred to, and on from there only where the relation has a reverse field;
* to each target of a relation with several targets, one step.

A collection is entered once per path. A relation of a collection with itself leads down only. With ``siblings`` off
(the rule) a path that went up does not come down into a collection through which it came: the row's siblings stay
hidden.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec

from commonhold.core.query import Back, Compare, Filter, Op, Some, any_of
from commonhold.core.records.catalog import Catalog, Relation

LONGEST_PATH: Final = 8  # steps; a longer path reaches nothing
MOST_PATHS: Final = 256  # per root: each is one more sub-query; the nearest are kept


class _Path(msgspec.Struct, frozen=True):
    """Where a path stands: the rows reached there, the collections it came through, whether it went up."""

    collection: str
    filter: Filter
    through: tuple[str, ...]
    up: bool = False
    ended: bool = False


def reach(catalog: Catalog, collection: str, key: str, *, siblings: bool = False) -> dict[str, Filter]:
    """Return, by collection, the filter "is the row, or is linked with it"; collections out of reach are left out."""
    root = _Path(collection, Compare(catalog.collection(collection).key, Op.EQ, key), ())
    found: dict[str, list[Filter]] = {}
    waiting, walked = deque([root]), 0
    while waiting and walked < MOST_PATHS:
        path = waiting.popleft()
        walked += 1
        found.setdefault(path.collection, []).append(path.filter)
        if not path.ended and path.collection not in path.through and len(path.through) < LONGEST_PATH:
            waiting.extend(step for relation in catalog.relations for step in _steps(path, relation, siblings))
    return {name: any_of(*filters) for name, filters in found.items()}


def _steps(path: _Path, relation: Relation, siblings: bool) -> Iterator[_Path]:
    """Take the steps of one relation that lead on from a path."""
    through = (*path.through, path.collection)
    down = relation.kind_field is None and path.collection in relation.targets
    if down:
        if siblings or not (path.up and relation.collection in through):
            yield _Path(relation.collection, _referring(path, relation), through, up=path.up)
    elif relation.collection == path.collection:
        onward = relation.kind_field is None and relation.reverse is not None
        linked = Some(Back(relation.collection, relation.field), path.filter)
        for target in relation.targets:
            yield _Path(target, linked, through, up=True, ended=not onward)


def _referring(path: _Path, relation: Relation) -> Filter:
    """Return the filter of the rows that refer to those of the path; to the root itself by its key."""
    if not path.through and isinstance(path.filter, Compare):
        return Compare(relation.field, path.filter.op, path.filter.value)
    return Some(relation.field, path.filter)
