"""What may exist once, as data: the memory engine checks it, schemas make (partial) unique indexes of it.

As in SQL, a row with null in one of the columns takes nobody's place. All texts compare by exact code points.
"""

from typing import Final

import msgspec

from commonhold.core.model import (
    Credential,
    Item,
    Life,
    LinkKey,
    Principal,
    Profile,
    Row,
    Rule,
    Share,
    Space,
    Upload,
    Version,
    Webhook,
)
from commonhold.core.ports import Where
from commonhold.core.roles import ItemKind, Kind


class Unique(msgspec.Struct, frozen=True):
    """Columns whose values together exist once among the rows for which all of ``where`` holds."""

    table: type[Row]
    columns: tuple[str, ...]
    where: tuple[Where, ...] = ()


UNIQUES: Final = (
    *(Unique(table, ("uid",)) for table in (Principal, Space, Item, Share, Rule, Credential, Upload, Webhook)),
    Unique(Profile, ("kind", "name_key")),
    Unique(Profile, ("email_key",)),  # users alone have one
    Unique(Space, ("root",)),
    Unique(Item, ("parent", "name_key"), (Where("life", "eq", Life.LIVE),)),
    Unique(Item, ("collection", "ref"), (Where("kind", "eq", ItemKind.RECORD), Where("life", "ne", Life.DELETED))),
    Unique(Version, ("item", "ordinal")),
    Unique(Share, ("version",)),
    Unique(Share, ("stands_on", "item", "recipient"), (Where("kind", "ne", Kind.LINK),)),
    Unique(Credential, ("digest",)),
    Unique(LinkKey, ("digest",)),
)
