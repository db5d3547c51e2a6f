"""Every statement on the way of a request goes to its rows by the index that was meant for it."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.sqlite.explain import plan

from commonhold.core.model import (
    Allowance,
    Block,
    Credential,
    Event,
    GroupTerms,
    Item,
    Life,
    LinkKey,
    Member,
    Nested,
    Note,
    Notification,
    Outbox,
    Principal,
    Profile,
    Row,
    Rule,
    Share,
    Space,
    Throttle,
    Use,
    Version,
)
from commonhold.core.ports import Rows, Search, Where
from commonhold.core.roles import Kind
from commonhold.store.sqlite import statements as sql
from commonhold.store.sqlite.apply import HOLDS
from commonhold.store.sqlite.listing import page, search
from commonhold.store.sqlite.reader import connect
from commonhold.store.tables import SINCE

HOT = {
    sql.WHO: [
        "credential: credential_digest_unique (digest=?)",
        *(f"{table}: key (rowid=?)" for table in ("principal", "password", "share")),
    ],
    sql.CHAIN: ["item: key (rowid=?)", "item: key (rowid=?)"],
    sql.NUMBER: ["item: item_uid_unique (uid=?)"],
    sql.CHILD: ["item: item_parent_name_key_unique (parent=? AND name_key=?)"],
    sql.WRITTEN: ["item: key (rowid=?)"],
    sql.select_marked(Item): ["item: key (rowid=?)"],
    sql.select_marked(Share): ["share: key (rowid=?)"],
    sql.SET: ["member: key (member=?)", "member: key (member=?)", "above: key (grp=?)", "group_closure: key (grp=?)"],
    sql.STANDING: ["share: share_item_no (item=? AND no>?)"],
    sql.COUNT_SHARES: ["share: share_item_no (item=?)"],
    sql.ADMINISTRATORS: [
        "principal: principal_org_no (org=? AND no>?)",
        "principal: principal_admin_no (admin=? AND no>?)",
    ],
    sql.SHARES_NEAR: ["share: share_near (item=?)"],
    sql.SHARES_WIDE: ["share: share_item_no (item=?)", "share: key (rowid=?)", "other: share_item_no (item=?)"],
    sql.BELOW_FOLDER: ["item: key (rowid=?)"],
    sql.SHARES_BETWEEN: ["share: share_near (item=? AND recipient=?)"],
    sql.SHARED_WITH: ["share: share_recipient_no_made_by (recipient=? AND no<?)"],
    sql.NEST: ["below: group_closure_ancestor_grp (ancestor=?)", "above: key (grp=?)"],
    sql.CLOSURE: ["nested: key (child=?)"],
    sql.BELOW: ["item: key (rowid=?)", "item: item_parent_no (parent=?)"],
    sql.CHARGE: ["space: key (rowid=?)"],
    **{text: [f"{text.split()[3]}: key (rowid=?)"] for text in HOLDS.values()},
    sql.bury(Share, "no = ?"): ["share: key (rowid=?)"],
    sql.bury(Member, "member = ? AND grp = ?"): ["member: key (member=? AND grp=?)"],
    sql.update(Item, ("name",)): ["item: key (rowid=?)"],
    sql.delete(Credential, ("principal",)): ["credential: credential_principal_no (principal=?)"],
    sql.delete(Member, ("grp",)): ["member: member_grp_member (grp=?)"],
    sql.delete(Version, ("item",)): ["version: version_item_ordinal_unique (item=?)"],
}

# What a decision asks by (``store.look``, ``store.references``), beside keys.
ASKED: dict[tuple[type[Row], str], str] = {
    (Item, "uid"): "item_uid_unique (uid=?)",
    (Item, "ref"): "item_ref (ref=?)",
    (Share, "uid"): "share_uid_unique (uid=?)",
    (Share, "version"): "share_version_unique (version=?)",
    (LinkKey, "digest"): "link_key_digest_unique (digest=?)",
    (Principal, "uid"): "principal_uid_unique (uid=?)",
    (Profile, "name_key"): "profile_name_key (name_key=?)",
    (Profile, "email_key"): "profile_email_key_unique (email_key=?)",
    (Member, "member"): "key (member=?)",
    (Member, "grp"): "member_grp_member (grp=?)",
    (Block, "user"): "key (user=?)",
    (Space, "owner"): "space_owner_no (owner=?)",
    (Rule, "principal"): "rule_principal (principal=?)",
    (Rule, "collection"): "rule_collection (collection=?)",
    **{
        (row, "no"): "key (rowid=?)"
        for row in (Item, Share, Space, Principal, Profile, Allowance, GroupTerms, Use, Note)
    },
}

IN_FOLDER = (Where("parent", "eq", 1), Where("life", "eq", Life.LIVE))
DUE = (Where("done_at", "null"), Where("due_at", "le", 9), Where("lease", "le", 9))
THROWN_AWAY = (Where("trashed_at", "lt", 9), Where("life", "eq", Life.TRASHED))

# Listings: what is not wanted is not read, and nothing is sorted that lies in order already.
PAGES = [
    (Rows(Item, IN_FOLDER, ("name_key",)), "item: item_parent_name_key_unique (parent=?)"),
    (Rows(Item, IN_FOLDER, ("-size",)), "item: item_parent_size (parent=?)"),
    (Rows(Item, IN_FOLDER, ("changed_at",), (5, 7)), "item: item_parent_changed_at (parent=? AND changed_at>?)"),
    (
        Rows(Item, IN_FOLDER, ("name_key",), ("b", 7)),
        "item: item_parent_name_key_unique (parent=? AND name_key>?)",
    ),
    (Rows(Item, THROWN_AWAY, ("trashed_at",)), "item: item_trashed_at (trashed_at<?)"),
    (Rows(Version, (Where("item", "eq", 1),), ("-ordinal",)), "version: version_item_ordinal_unique (item=?)"),
    (Rows(Share, (Where("item", "eq", 1),), ("-no",)), "share: share_item_no (item=?)"),
    (Rows(Share, (Where("made_by", "eq", 1),), ("-no",)), "share: share_made_by_no (made_by=?)"),
    (Rows(Share, (Where("made_by", "eq", 1),), ("-no",), (7, 7)), "share: share_made_by_no (made_by=? AND no<?)"),
    (Rows(Share, (Where("hangs_on", "eq", 1),)), "share: share_hangs_on (hangs_on=?)"),
    (Rows(Profile, (Where("kind", "eq", Kind.USER),), ("name_key",)), "profile: profile_kind_name_key_unique (kind=?)"),
    (
        Rows(Profile, (Where("kind", "eq", Kind.USER), Where("name_key", "prefix", "an")), ("name_key",)),
        "profile: profile_kind_name_key_unique (kind=? AND name_key>? AND name_key<?)",
    ),
    (Rows(Member, (Where("grp", "eq", 1),), ("member",)), "member: member_grp_member (grp=?)"),
    (Rows(Nested, (Where("grp", "eq", 1),), ("child",)), "nested: nested_grp_child (grp=?)"),
    (Rows(Credential, (Where("principal", "eq", 1),)), "credential: credential_principal_no (principal=?)"),
    (Rows(Notification, (Where("user", "eq", 1),), ("-no",)), "notification: notification_user_no (user=?)"),
    (Rows(Outbox, DUE, ("due_at",)), "outbox: outbox_due_at (due_at<?)"),
    (Rows(Event, (Where("item", "eq", 1),), ("-no",)), "event: event_item_no (item=?)"),
    (Rows(Event, (Where("share", "eq", 1),), ("-no",)), "event: event_share_no (share=?)"),
    (Rows(Event, (Where("actor", "eq", 1), Where("at", "ge", 9))), "event: event_actor_at (actor=? AND at>?)"),
    (Rows(Throttle, (Where("since", "le", 9),), ("since",)), "throttle: throttle_since (since<?)"),
]


@pytest.fixture(scope="module")
def connection(empty_database: Path) -> Iterator[sqlite3.Connection]:
    """A connection to an empty database: it has no statistics, as no other has, so plans are the same everywhere."""
    found = connect(empty_database)
    yield found
    found.close()


def slots(text: str) -> list[int]:
    """As many values as a statement takes."""
    return [1] * (max(map(int, re.findall(r"\?(\d)", text)), default=0) or text.count("?"))


@pytest.mark.parametrize("text", HOT)
def test_hot_statements(connection: sqlite3.Connection, text: str) -> None:
    """Each hot statement uses the index meant for it, in the order it is written."""
    assert plan(connection, text, slots(text)) == HOT[text]


@pytest.mark.parametrize(("row", "column"), ASKED)
@pytest.mark.parametrize("one", [True, False])
def test_what_decisions_ask_by(connection: sqlite3.Connection, row: type[Row], column: str, one: bool) -> None:
    """Each column by which a decision asks has its index, for one value and for a list."""
    assert plan(connection, sql.select(row, column, one), ["[]"]) == [f"{row.table}: {ASKED[row, column]}"]


@pytest.mark.parametrize(("rows", "way"), PAGES, ids=lambda one: one if isinstance(one, str) else "")
def test_pages(connection: sqlite3.Connection, rows: Rows, way: str) -> None:
    """Each listing of a face or the worker goes by an index; one in the order of an index is not sorted."""
    found = plan(connection, *page(rows))

    assert found[0] == way
    assert not rows.order or found == [way]


def test_search(connection: sqlite3.Connection) -> None:
    """A search goes from the words to the items, newest first as they come, and without words from the newest down."""
    assert plan(connection, *search(Search(("a",), spaces=(1,)))) == ["item: key (rowid=?)"]
    assert plan(connection, *search(Search(()))) == ["item: key (rowid<?)"]


def test_the_measure_sees(connection: sqlite3.Connection) -> None:
    """The measure itself sees a table that is read whole, and rows that are sorted."""
    assert plan(connection, "SELECT * FROM share WHERE face = 'x'") == ["SCAN share"]
    assert plan(connection, f"SELECT * FROM share WHERE item = 1 ORDER BY {SINCE}") == [
        "share: share_near (item=?)",
        "USE TEMP B-TREE FOR ORDER BY",
    ]
