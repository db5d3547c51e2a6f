"""Whom a proposal names: found principals, the link, or addresses met for the first time. Pure."""

from commonhold.core.changes import Change, Put
from commonhold.core.core import Placeholders
from commonhold.core.directory.addresses import address_key, is_address
from commonhold.core.identity import Named, RecipientRef
from commonhold.core.model import LINK, Principal, Profile, State
from commonhold.core.policy.snapshot import Snapshot
from commonhold.core.roles import Kind
from commonhold.core.sharing.giving import Recipient
from commonhold.core.sharing.proposal import Refusal

UNKNOWN = Refusal("unknown_recipient", {"field": "recipients"})


class Recipients:
    """Resolves references once; new addresses get a placeholder, and their rows only if a pair needs them."""

    def __init__(self, snapshot: Snapshot, number: Placeholders) -> None:
        """``number`` hands out placeholders of the commit that this belongs to."""
        self._snapshot = snapshot
        self._number = number
        self._new: dict[str, Recipient] = {}
        self._written: set[int] = set()

    def refused(self, ref: RecipientRef) -> Refusal | None:
        """Refuse a name that nobody has and that is no address, and anybody who is not active."""
        no = self._snapshot.found_recipients.get(ref)
        if no is not None:
            row = self._snapshot.principals.get(no)
            return UNKNOWN if row is None or row.state not in (State.ACTIVE, State.PENDING) else None
        if isinstance(ref, Named) and ref.kind in (None, Kind.MAIL) and is_address(ref.text):
            return None
        return UNKNOWN

    def found(self, ref: RecipientRef) -> Recipient:
        """Return whom a reference names that was not refused."""
        no = LINK if ref == LINK else self._snapshot.found_recipients.get(ref)
        if no is not None:
            row = self._snapshot.principals.get(no)
            profile = self._snapshot.profiles.get(no)
            kind = Kind.LINK if no == LINK else row.kind if row else Kind.USER
            return Recipient(no, kind, profile.name if profile and kind is Kind.MAIL else None, row)
        assert isinstance(ref, Named)  # noqa: S101 - ``refused`` let nothing else through
        key = address_key(ref.text)
        if key not in self._new:
            self._new[key] = Recipient(self._number(), Kind.MAIL, key)
        return self._new[key]

    def claimed(self, recipient: Recipient) -> bool:
        """Tell whether an account has verified this address."""
        return recipient.row is not None and recipient.no in self._snapshot.claimed

    def rows(self, recipient: Recipient, uid: str, now: int) -> list[Change]:
        """Return the rows of an address met for the first time, once."""
        if recipient.row is not None or recipient.kind is not Kind.MAIL or recipient.no in self._written:
            return []
        self._written.add(recipient.no)
        address = recipient.address or ""
        return [
            Put(Principal(recipient.no, uid, Kind.MAIL, external=True, made_at=now)),
            Put(Profile(recipient.no, Kind.MAIL, address, address)),
        ]
