"""The words of Commonhold, and its facts as rows.

The words (DESIGN.md, section 1); each has one meaning in code, API and UI:

* **item**: a thing that can be shared (folder, file, record, app, entry). It lives in a **space**, the root of a tree
  with its owner and organisation; what is made in somebody's folder belongs to that space.
* **share**: the only stored fact of granted access: one item, one recipient, one role, under **terms** (from, until,
  max uses, password, mask, note). Beside it stand only ownership, administration and rules.
* **recipient**: a user, group, organisation, everyone, the holder of a link, or a mail address.
* **principal**: an identity that the server knows; each recipient is one. **actor**: the principals and the scope that
  a request runs as (``core.identity``).
* **rule**: collection, actions, filter and fields, held by a principal; for records.
* **allowance**: what a person may do at all, read at every decision; **acceptance**: what a recipient takes.
* **pass**: a short-lived credential from opening a link. **audience**: everybody an item reaches, with the reasons.
* **withdraw**: end a share. **proposal** and **report**: what was asked for, and what happened to each pair.

A row is a frozen struct whose fields are the columns of the table of the same name (``store.schema``; a test compares
them). Numbers (``no``) come from one sequence and are never used twice; times are milliseconds since the epoch, UTC.
"""

from typing import Any, Final

import msgspec

from commonhold.core.model.base import EVERYONE, FIRST_FREE_NO, LINK, MAIN_ORG, OWNER, Row
from commonhold.core.model.items import Item, Life, Space, Version
from commonhold.core.model.journal import (
    Credential,
    CredentialKind,
    Event,
    Idempotency,
    Instance,
    Notification,
    Origin,
    Outbox,
    Seal,
    Setting,
    Throttle,
)
from commonhold.core.model.people import (
    Allowance,
    Block,
    Candidate,
    GroupTerms,
    Level,
    Member,
    Nested,
    OutsideLogin,
    Password,
    Principal,
    Profile,
    State,
)
from commonhold.core.model.records import Collection, Rule
from commonhold.core.model.shares import LinkKey, Note, Reach, Share, Use
from commonhold.core.model.uploads import Upload
from commonhold.core.model.webhooks import Webhook
from commonhold.core.roles import ItemKind

__all__ = [
    "EVERYONE",
    "FIRST_FREE_NO",
    "LINK",
    "MAIN_ORG",
    "OWNER",
    "ROWS",
    "Allowance",
    "Block",
    "Candidate",
    "Collection",
    "Credential",
    "CredentialKind",
    "Event",
    "GroupTerms",
    "Idempotency",
    "Instance",
    "Item",
    "ItemKind",
    "Level",
    "Life",
    "LinkKey",
    "Member",
    "Nested",
    "Note",
    "Notification",
    "Origin",
    "Outbox",
    "OutsideLogin",
    "Password",
    "Principal",
    "Profile",
    "Reach",
    "Row",
    "Rule",
    "Seal",
    "Setting",
    "Share",
    "Space",
    "State",
    "Throttle",
    "Upload",
    "Use",
    "Version",
    "Webhook",
    "attributes_of",
]

ROWS: Final[tuple[type[Row], ...]] = (
    Principal, Profile, Password, Member, Nested, Allowance, Block, Candidate, GroupTerms, Space, Item, Version, Share,
    Note, Use, LinkKey, Rule, Credential, Outbox, Notification, Event, Idempotency, Throttle, Setting, Collection,
    Upload, Webhook, OutsideLogin, Origin, Seal,
)  # fmt: skip


def attributes_of(row: Profile | Item) -> dict[str, Any]:
    """Decode the attributes that faces keep beside a row."""
    found: dict[str, Any] = msgspec.json.decode(row.attributes)
    return found
