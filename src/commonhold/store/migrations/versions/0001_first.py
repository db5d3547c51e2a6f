"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def number(name: str, null: bool = False) -> sa.Column[Any]:
    """A 64-bit integer, which as a key must be called INTEGER in SQLite."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=null, autoincrement=False)


def words(name: str, null: bool = False) -> sa.Column[Any]:
    """A text, which compares by code points, whatever the language of a database."""
    return sa.Column(name, sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=null)


def flag(name: str) -> sa.Column[Any]:
    """Yes or no."""
    return sa.Column(name, sa.Boolean(), nullable=False)


def octets(name: str) -> sa.Column[Any]:
    """Bytes."""
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def table(name: str, *columns: sa.Column[Any], key: str | None = "no") -> None:
    """A table; in SQLite one whose key is no single number is stored in the order of its key."""
    keys = [sa.PrimaryKeyConstraint(*key.split())] if key else []
    op.create_table(name, *columns, *keys, sqlite_with_rowid=key in (None, "no", "share", "ordinal"))


def index(table: str, names: str, where: str | None = None, unique: bool = False, name: str | None = None) -> None:
    """An index, named by its columns if it has no other name; ``where`` makes it a partial one."""
    columns = names.split()
    part = sa.text(where) if where else None
    name = name or "_".join((table, *columns, *(("unique",) if unique else ())))
    op.create_index(name, table, columns, unique=unique, sqlite_where=part, postgresql_where=part)


def upgrade() -> None:
    """Make all tables; what searches for words is made by hand for each kind of database."""
    table(
        "principal",
        number("no"),
        words("uid"),
        number("kind"),
        words("state"),
        number("org", null=True),
        words("org_role"),
        flag("admin"),
        flag("external"),
        number("owner", null=True),
        number("made_at"),
    )
    index("principal", "admin no", "admin = TRUE")
    index("principal", "kind no")
    index("principal", "org", "org IS NOT NULL")
    index("principal", "org no", "org_role = 'administrator'")
    index("principal", "owner", "owner IS NOT NULL")
    index("principal", "uid", unique=True)
    table(
        "profile",
        number("no"),
        number("kind"),
        words("name"),
        words("name_key"),
        words("email", null=True),
        words("email_key", null=True),
        flag("verified"),
        words("first_name", null=True),
        words("last_name", null=True),
        words("attributes"),
    )
    index("profile", "email_key", unique=True)
    index("profile", "kind name_key", unique=True)
    index("profile", "name_key")
    table("password", number("no"), words("hash"), number("changed_at"))
    table(
        "member",
        number("member"),
        number("grp"),
        words("level"),
        number("since"),
        number("from_revision"),
        key="member grp",
    )
    index("member", "grp member")
    table(
        "member_past",
        number("member"),
        number("grp"),
        words("level"),
        number("since"),
        number("from_revision"),
        number("to_revision"),
        number("at"),
        key="member grp to_revision",
    )
    index("member_past", "grp from_revision")
    table("nested", number("child"), number("grp"), number("since"), key="child grp")
    index("nested", "grp child")
    table(
        "allowance",
        number("no"),
        flag("make"),
        number("kinds"),
        number("longest", null=True),
        flag("link_password"),
        words("domains", null=True),
        number("quota", null=True),
    )
    table("block", number("user"), number("blocked"), number("since"), key="user blocked")
    table(
        "candidate",
        number("user"),
        number("grp"),
        flag("asking"),
        words("level"),
        number("made_by"),
        number("since"),
        number("until", null=True),
        key="user grp",
    )
    index("candidate", "grp user")
    index("candidate", "until", "until IS NOT NULL")
    table(
        "group_terms",
        number("no"),
        flag("view_only"),
        flag("members_update"),
        flag("org_only"),
        flag("members_share"),
        number("visible"),
        words("joining"),
        flag("leaving"),
        flag("hidden_members"),
        flag("protected"),
    )
    table(
        "space", number("no"), words("uid"), number("owner"), number("org", null=True), number("root"), number("used")
    )
    index("space", "org", "org IS NOT NULL")
    index("space", "owner no")
    index("space", "root", unique=True)
    index("space", "uid", unique=True)
    table(
        "item",
        number("no"),
        words("uid"),
        number("space"),
        number("parent", null=True),
        words("kind"),
        words("name", null=True),
        words("name_key", null=True),
        words("life"),
        flag("inherits"),
        flag("protected"),
        number("created_by", null=True),
        number("changed_by", null=True),
        number("made_at"),
        number("changed_at"),
        number("stamp"),
        number("size"),
        words("media", null=True),
        words("sha256", null=True),
        number("version", null=True),
        words("collection", null=True),
        words("ref", null=True),
        words("url", null=True),
        words("attributes"),
        number("trashed_at", null=True),
        number("trashed_by", null=True),
        number("from_revision"),
        number("written_in"),
    )
    index("item", "collection ref", "kind = 'record' AND life <> 'deleted'", unique=True)
    index("item", "parent name_key", "life = 'live'", unique=True)
    index("item", "parent changed_at", "life = 'live'")
    index("item", "parent no")
    index("item", "parent", "kind = 'folder'", name="item_folders")
    index("item", "parent size", "life = 'live'")
    index("item", "ref", "ref IS NOT NULL")
    index("item", "space no")
    index("item", "trashed_at", "trashed_at IS NOT NULL")
    index("item", "uid", unique=True)
    table(
        "place_past",
        number("no"),
        number("space"),
        number("parent", null=True),
        words("life"),
        flag("inherits"),
        number("from_revision"),
        number("to_revision"),
        number("at"),
        key="no to_revision",
    )
    table(
        "version",
        number("no"),
        number("item"),
        number("ordinal"),
        words("blob"),
        number("size"),
        words("sha256"),
        words("media", null=True),
        number("made_by", null=True),
        number("made_at"),
    )
    index("version", "blob")
    index("version", "item ordinal", unique=True)
    table(
        "share",
        number("no"),
        number("version"),
        words("uid"),
        number("item"),
        number("recipient"),
        number("kind"),
        words("role", null=True),
        number("stands_on"),
        number("made_by"),
        words("face"),
        number("hangs_on", null=True),
        number("acts_as", null=True),
        words("reach"),
        number("mask"),
        number("starts", null=True),
        number("until", null=True),
        number("max_uses", null=True),
        words("password", null=True),
        number("state_at"),
        number("generation"),
        number("days", null=True),
        flag("item_control"),
        number("made_at"),
        number("changed_at"),
        number("from_revision"),
        number("written_in"),
    )
    index("share", "hangs_on", "hangs_on IS NOT NULL")
    index("share", "item no")
    index("share", "made_by no")
    index("share", "item recipient hangs_on written_in", name="share_near")
    index("share", "recipient no made_by")
    index("share", "stands_on item recipient", "kind <> 16", unique=True)
    index("share", "uid", unique=True)
    index("share", "until", "until IS NOT NULL")
    index("share", "version", unique=True)
    table(
        "share_past",
        number("no"),
        number("version"),
        words("uid"),
        number("item"),
        number("recipient"),
        number("kind"),
        words("role", null=True),
        number("stands_on"),
        number("made_by"),
        words("face"),
        number("hangs_on", null=True),
        number("acts_as", null=True),
        words("reach"),
        number("mask"),
        number("starts", null=True),
        number("until", null=True),
        number("max_uses", null=True),
        words("password", null=True),
        number("state_at"),
        number("generation"),
        number("days", null=True),
        flag("item_control"),
        number("made_at"),
        number("changed_at"),
        number("from_revision"),
        number("to_revision"),
        number("at"),
        key="no to_revision",
    )
    index("share_past", "item from_revision")
    table("note", number("no"), words("text"))
    table("use", number("no"), number("used"), number("last_at"))
    table("link_key", number("no"), octets("digest"))
    index("link_key", "digest", unique=True)
    table(
        "rule",
        number("no"),
        words("uid"),
        number("principal"),
        words("collection"),
        number("actions"),
        words("filter", null=True),
        words("fields"),
        words("presets", null=True),
        words("validation", null=True),
        number("made_at"),
        number("from_revision"),
    )
    index("rule", "collection")
    index("rule", "principal")
    index("rule", "uid", unique=True)
    table(
        "rule_past",
        number("no"),
        words("uid"),
        number("principal"),
        words("collection"),
        number("actions"),
        words("filter", null=True),
        words("fields"),
        words("presets", null=True),
        words("validation", null=True),
        number("made_at"),
        number("from_revision"),
        number("to_revision"),
        number("at"),
        key="no to_revision",
    )
    index("rule_past", "principal from_revision")
    table(
        "credential",
        number("no"),
        words("uid"),
        octets("digest"),
        words("kind"),
        number("principal", null=True),
        number("share", null=True),
        number("state_at"),
        number("actions"),
        words("label", null=True),
        number("made_at"),
        number("until", null=True),
        words("family", null=True),
    )
    index("credential", "digest", unique=True)
    index("credential", "family", "family IS NOT NULL")
    index("credential", "principal no")
    index("credential", "share", "share IS NOT NULL")
    index("credential", "uid", unique=True)
    index("credential", "until", "until IS NOT NULL")
    table(
        "outbox",
        number("no"),
        words("kind"),
        number("principal", null=True),
        number("share", null=True),
        number("event", null=True),
        words("facts"),
        number("tries"),
        number("due_at"),
        number("lease"),
        number("done_at", null=True),
        words("failed", null=True),
    )
    index("outbox", "done_at", "done_at IS NOT NULL")
    index("outbox", "due_at", "done_at IS NULL")
    index("outbox", "principal no", "principal IS NOT NULL")
    table(
        "notification",
        number("no"),
        number("user"),
        words("kind"),
        number("by", null=True),
        number("share", null=True),
        number("item", null=True),
        number("count"),
        number("at"),
        number("seen_at", null=True),
    )
    index("notification", "user no")
    table(
        "event",
        number("no"),
        number("at"),
        words("kind"),
        number("actor", null=True),
        words("face"),
        number("item", null=True),
        number("share", null=True),
        number("principal", null=True),
        words("facts"),
        number("origin", null=True),
    )
    index("event", "actor at", "actor IS NOT NULL")
    index("event", "at")
    index("event", "item no", "item IS NOT NULL")
    index("event", "share no", "share IS NOT NULL")
    table(
        "idempotency",
        number("actor"),
        words("name"),
        octets("request"),
        octets("report"),
        number("at"),
        key="actor name",
    )
    index("idempotency", "at")
    table("throttle", words("subject"), number("since"), number("count"), key="subject")
    index("throttle", "since")
    table("setting", words("name"), words("value"), key="name")
    table(
        "upload",
        number("no"),
        words("uid"),
        number("user", null=True),
        number("share", null=True),
        number("parent"),
        words("name"),
        words("media", null=True),
        number("size", null=True),
        number("offset"),
        words("collision"),
        words("told"),
        number("item", null=True),
        number("made_at"),
        number("until"),
    )
    index("upload", "uid", unique=True)
    index("upload", "until")
    index("upload", "user", '"user" IS NOT NULL')
    table(
        "webhook",
        number("no"),
        words("uid"),
        number("org"),
        words("url"),
        words("kinds"),
        number("made_by"),
        number("made_at"),
        number("generation"),
        number("failing_since", null=True),
        number("disabled_at", null=True),
    )
    index("webhook", "org no")
    index("webhook", "uid", unique=True)
    table("outside_login", words("issuer"), words("subject"), number("user"), number("since"), key="issuer subject")
    index("outside_login", "user")
    table("origin", number("no"), words("address"), number("at"))
    index("origin", "address")
    index("origin", "at")
    table(
        "seal",
        number("ordinal"),
        number("upto"),
        number("at"),
        octets("leaves"),
        octets("hash"),
        words("mark"),
        key="ordinal",
    )
    table("collection", words("name"), words("definition"), words("source", null=True), number("since"), key="name")
    table("instance", number("revision"), number("people_at"), number("tree_at"), number("next_no"), key=None)
    table("group_closure", number("grp"), number("ancestor"), key="grp ancestor")
    index("group_closure", "ancestor grp")
    table("folder_share", number("share"), number("recipient"), number("item"), key="share")
    index("folder_share", "recipient item")
    texts = ("name", "tags", "type", "keywords", "summary", "description")
    if op.get_bind().dialect.name == "sqlite":
        listed = ", ".join(texts)
        op.execute(f"CREATE VIRTUAL TABLE item_words USING fts5({listed}, tokenize = 'ascii', prefix = '2 3')")
    else:
        listed = ", ".join(f"{text} tsvector NOT NULL" for text in texts)
        op.execute(f"CREATE TABLE item_words (no bigint PRIMARY KEY, words tsvector NOT NULL, {listed})")
        op.execute("CREATE INDEX item_words_words ON item_words USING gin (words)")
