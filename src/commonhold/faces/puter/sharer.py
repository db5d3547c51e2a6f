"""Who shares: somebody with an account, whose address is confirmed; and the accounts behind the addresses he names."""

from collections.abc import Iterable

import msgspec

from commonhold.core.directory.reading import one as one_row
from commonhold.core.directory.standing import stand
from commonhold.core.identity import Named, RecipientRef
from commonhold.core.model import Profile
from commonhold.core.policy.snapshot import Snapshot
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.faces.puter.problems import unconfirmed
from commonhold.http.face import Call


class Sharer(msgspec.Struct, frozen=True):
    """Somebody who shares, and what was read for him."""

    profile: Profile
    seen: Snapshot
    confirmed: bool

    @property
    def name(self) -> str:
        """The name with which his paths begin."""
        return self.profile.name

    def recipient(self, named: Named) -> RecipientRef:
        """Return whom a reference means: for an address that an account has confirmed, that account."""
        if named.kind is not Kind.MAIL:
            return named
        address = self.seen.found_recipients.get(named)
        return named if address is None else self.seen.claimed.get(address, named)

    def need_confirmed(self) -> None:
        """Refuse somebody who has not confirmed his address.

        :raises ApiError: email_must_be_confirmed
        """
        if not self.confirmed:
            raise unconfirmed("to share something")


async def sharer_of(call: Call, recipients: Iterable[object] = ()) -> Sharer:
    """Read who asks; and, where addresses are among the recipients, with them in one look.

    :raises Problem: forbidden for the holder of a link, and for guests by mail
    """
    user = call.actor.user
    if user is None:
        raise Problem("forbidden")
    mails = [one for one in recipients if isinstance(one, Named) and one.kind is Kind.MAIL]
    seen = (await stand(call.core, call.actor, *mails)).seen if mails else Snapshot()
    profile = seen.profiles.get(user) or await one_row(call.core, Profile, no=user)
    if profile is None or profile.kind is not Kind.USER:
        raise Problem("forbidden")
    open_question = profile.email is not None and not profile.verified
    return Sharer(profile, seen, call.settings.unconfirmed_may_share or not open_question)
