"""What a person may do at all: the narrowest of his own limits, his organisation's and everyone's."""

import json
from typing import Final

from commonhold.core.model import EVERYONE, Allowance, Share
from commonhold.core.policy.snapshot import Snapshot
from commonhold.core.roles import ANY_KIND, Kind, OrgRole

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
    """Return what both lists let in: of names what either holds below the other, of exceptions all."""
    if a is None or b is None:
        return b if a is None else a
    (named_a, without_a), (named_b, without_b) = _parts(a), _parts(b)
    if named_a is None or named_b is None:
        named = named_b if named_a is None else named_a
    else:
        named = {one for one in named_a if _named(one, named_b)} | {one for one in named_b if _named(one, named_a)}
    without = {f"!{one}" for one in without_a | without_b} if named != set() else set()
    return json.dumps(sorted((named or set()) | without))


def _parts(names: str) -> tuple[set[str] | None, set[str]]:
    """Return the names of a list (None: everything), and its exceptions, which begin with ``!``."""
    found = set(json.loads(names))
    without = {one for one in found if one.startswith("!")}
    return (None if without and without == found else found - without), {one[1:] for one in without}


def _named(address: str, names: set[str]) -> bool:
    """Tell whether an address, or else exactly its domain, is among names."""
    return address in names or address.rpartition("@")[2] in names


def domain_allowed(allowance: Allowance, address: str) -> bool:
    """Tell whether mail may be invited at this address: by its whole, or by its domain, in any case."""
    if allowance.domains is None:
        return True
    named, without = _parts(allowance.domains)
    address = address.lower()
    return not _named(address, without) and (named is None or _named(address, named))


def shareable(snapshot: Snapshot) -> Kind:
    """Return the kinds of recipients that anybody at all may share with here."""
    row = snapshot.allowances.get(EVERYONE)
    return ANY_KIND if row is None else row.kinds


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
