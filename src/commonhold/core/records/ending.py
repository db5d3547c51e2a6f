"""The end of records: whatever was shared of rows that are gone ends with them. Pure."""

from collections.abc import Iterable

from commonhold.core.changes import Change, Set
from commonhold.core.model import Item, Life, Share
from commonhold.core.sharing.rows import end


def ended(items: Iterable[Item], shares: Iterable[Share], now: int) -> list[Change]:
    """Return what ends the items of rows that went, and the shares on them: a tombstone names no row any more."""
    changes: list[Change] = [
        Set(
            Item,
            (item.no,),
            {
                "life": Life.DELETED,
                "name": None,
                "name_key": None,
                "ref": None,
                "attributes": "{}",
                "stamp": item.stamp + 1,
                "changed_at": now,
            },
        )
        for item in items
    ]
    for share in shares:
        end(changes, share)
    return changes
