"""What a person may do at all: the narrowest of his own limits, his organisation's and everyone's."""

import json
from typing import Final

from commonhold.core.model import EVERYONE, Allowance, Share
from commonhold.core.policy.snapshot import Snapshot
from commonhold.core.roles import Kind, OrgRole

# What an organisation role allows by itself. Guests (no organisation) share what is theirs to share with people only.
PRESETS: Final[dict[OrgRole, Allowance]] = {
    OrgRole.ADMINISTRATOR: Allowance(0),
    OrgRole.PUBLISHER: Allowance(0),
    OrgRole.USER: Allowance(0),
    OrgRole.VIEWER: Allowance(0, make=False, kinds=Kind.NONE),
}
GUEST: Final = Allowance(0, make=False, kinds=Kind.USER | Kind.GROUP | Kind.MAIL)


def allowance_of(snapshot: Snapshot, user: int | None) -> Allowance:
    """Return what a person may do at all; nobody may do nothing."""
    who = snapshot.principals.get(user) if user is not None else None
    if who is None:
        return Allowance(0, make=False, kinds=Kind.NONE)
    found = PRESETS[who.org_role] if who.org is not None or who.admin else GUEST
    for holder in (EVERYONE, who.org, user) if snapshot.allowances else ():
        row = snapshot.allowances.get(holder) if holder is not None else None
        if row is not None:
            found = narrow(found, row)
    return found


def narrow(a: Allowance, b: Allowance) -> Allowance:
    """Return the narrowest of two allowances, term by term."""
    return Allowance(
        no=a.no,
        make=a.make and b.make,
        kinds=a.kinds & b.kinds,
        longest=least(a.longest, b.longest),
        link_password=a.link_password or b.link_password,
        domains=_common(a.domains, b.domains),
        quota=least(a.quota, b.quota),
    )


def least(a: int | None, b: int | None) -> int | None:
    """Return the smaller of two limits, where None is no limit."""
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)


def _common(a: str | None, b: str | None) -> str | None:
    if a is None or b is None:
        return b if a is None else a
    return json.dumps(sorted(set(json.loads(a)) & set(json.loads(b))))


def domain_allowed(allowance: Allowance, address: str) -> bool:
    """Tell whether mail may be invited at this address."""
    if allowance.domains is None:
        return True
    return address.rpartition("@")[2].lower() in json.loads(allowance.domains)


def share_allowed(snapshot: Snapshot, backer: int, share: Share, now: int) -> str | None:
    """Say why the backer's allowance does not carry a share at this moment, or None."""
    allowance = allowance_of(snapshot, backer)
    if not share.kind & allowance.kinds:
        return "kind_not_allowed"
    if allowance.longest is not None and now >= share.made_at + allowance.longest:
        return "life_too_long"
    if share.kind is Kind.LINK and allowance.link_password and share.password is None:
        return "password_needed"
    if share.kind is Kind.MAIL and allowance.domains is not None:
        profile = snapshot.profiles.get(share.recipient)
        if profile is None or not domain_allowed(allowance, profile.name):
            return "domain_not_allowed"
    return None
