"""Credentials, things to tell, things that happened, and the row of the installation."""

import enum
from typing import ClassVar

import msgspec

from commonhold.core.model.base import FIRST_FREE_NO, Row
from commonhold.core.roles import Action


class CredentialKind(enum.StrEnum):
    """What an opaque secret is for; each kind has a longest life (``core.directory.credentials``)."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    PASS = "pass"  # noqa: S105 - a word, not a secret
    REFRESH = "refresh"
    SETUP = "setup"
    VERIFY = "verify"
    RESET = "reset"
    CODE = "code"  # proof of a log-in, which the program that asked for it turns into a session, once


class Credential(Row, frozen=True, gc=False):
    """An opaque secret handed out: only its digest is kept, looked up by one indexed read."""

    table: ClassVar = "credential"
    refs: ClassVar = ("no", "principal", "share")

    no: int
    uid: str
    digest: bytes
    kind: CredentialKind
    principal: int | None  # user or mail address; None for a pass
    share: int | None = None
    state_at: int = 0  # password state of user or share at issue; another one now, and the secret is dead
    actions: Action = Action(511)
    label: str | None = None
    made_at: int = 0
    until: int | None = None
    family: str | None = None  # what is refreshed and logged out together


class Outbox(Row, frozen=True, gc=False):
    """Something to tell somebody, written with its cause; numbers only, the text is made when it is sent."""

    table: ClassVar = "outbox"
    refs: ClassVar = ("no", "principal", "share", "event")

    no: int
    kind: str
    principal: int | None
    share: int | None
    event: int | None = None
    facts: str = "{}"
    tries: int = 0
    due_at: int = 0
    lease: int = 0  # taken until
    done_at: int | None = None
    failed: str | None = None


class Notification(Row, frozen=True, gc=False):
    """A line in somebody's notifications."""

    table: ClassVar = "notification"
    refs: ClassVar = ("no", "user", "by", "share", "item")

    no: int
    user: int
    kind: str
    by: int | None
    share: int | None
    item: int | None
    count: int = 1
    at: int = 0
    seen_at: int | None = None


class Event(Row, frozen=True, gc=False):
    """What happened: numbers only."""

    table: ClassVar = "event"
    refs: ClassVar = ("no", "actor", "item", "share", "principal")

    no: int
    at: int
    kind: str
    actor: int | None
    face: str
    item: int | None = None
    share: int | None = None
    principal: int | None = None
    facts: str = "{}"
    origin: int | None = None  # number of the address that it came from


class Origin(Row, frozen=True, gc=False):
    """An address that requests came from, by its number (``audit.origins``); erased, only the number is left."""

    table: ClassVar = "origin"

    no: int
    address: str
    at: int  # last seen, to the day


class Seal(Row, frozen=True, gc=False):
    """A seal of the audit chain over some events in a row (``audit.chain``); number nought tells which one is last."""

    table: ClassVar = "seal"
    key: ClassVar = ("ordinal",)

    ordinal: int
    upto: int  # the last event under it
    at: int
    leaves: bytes  # of each event, its number and digest
    hash: bytes  # over the seal before and all of this one
    mark: str  # what only the instance key can make of the hash


class Idempotency(Row, frozen=True, gc=False):
    """A report kept under the caller's key, written in the same transaction as what it reports."""

    table: ClassVar = "idempotency"
    key: ClassVar = ("actor", "name")

    actor: int
    name: str
    request: bytes  # digest of the request
    report: bytes
    at: int


class Throttle(Row, frozen=True, gc=False):
    """Failures counted per subject and window."""

    table: ClassVar = "throttle"
    key: ClassVar = ("subject",)

    subject: str  # digest of what is limited
    since: int
    count: int


class Setting(Row, frozen=True, gc=False):
    """A setting of the installation that administrators change while it runs (JSON)."""

    table: ClassVar = "setting"
    key: ClassVar = ("name",)

    name: str
    value: str


class Instance(msgspec.Struct, frozen=True, gc=False):
    """The one row of the installation: what moves with every write, with people, and with places."""

    revision: int = 0
    people_at: int = 0
    tree_at: int = 0
    next_no: int = FIRST_FREE_NO
