"""Passwords of users: what may be one, and the rows that keep it. Comparing and hashing are the port's."""

import msgspec

from commonhold.core.changes import Upsert
from commonhold.core.core import Core
from commonhold.core.directory.addresses import address_key
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.reading import one
from commonhold.core.keys import person_key
from commonhold.core.model import Password, Principal, Profile, State
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind


async def hashed(core: Core, password: str) -> str:
    """Hash a new password.

    :raises Problem: password_too_short, password_too_long
    """
    if len(password) < core.limits.password_min:
        raise Problem("password_too_short", field="password", least=core.limits.password_min)
    if len(password) > core.limits.password_max:
        raise Problem("password_too_long", field="password", most=core.limits.password_max)
    return await core.hasher.hash(password)


async def fits(core: Core, kept: Password | None, password: str) -> bool:
    """Compare; it takes the same time for accounts that do not exist and passwords that cannot be."""
    possible = kept is not None and len(password) <= core.limits.password_max
    good = await core.hasher.verify(kept.hash if kept and possible else None, password[: core.limits.password_max])
    return possible and good


def state_after(kept: Password | None, now: int) -> int:
    """Return the state of a password set now: another one than before, even within one millisecond."""
    return max(now, kept.changed_at + 1 if kept else 1)


def set_hash(draft: Draft, user: int, hash_: str, kept: Password | None) -> int:
    """Add a new password to a draft; return its state. All credentials of the one before are dead by it."""
    state_at = state_after(kept, draft.now)
    draft.add(Upsert(Password(user, hash_, state_at)))
    return state_at


async def password_of(core: Core, user: int) -> Password | None:
    """Return the row of a user's password, if he has one."""
    return await one(core, Password, no=user)


async def state_of(core: Core, user: int) -> int:
    """Return the state under which credentials of a user are issued now."""
    kept = await password_of(core, user)
    return kept.changed_at if kept else 0


class Account(msgspec.Struct, frozen=True):
    """A user as log-in finds him: perhaps nobody, perhaps without password."""

    user: Principal | None
    password: Password | None

    @property
    def open(self) -> bool:
        """Tell whether anybody may log in to it."""
        return self.user is not None and self.user.state is State.ACTIVE


async def account_of(core: Core, name: str) -> Account:
    """Find an account by log-in name or address, by the same readings whether there is one or not."""
    profile = (
        await one(core, Profile, kind=Kind.USER, email_key=address_key(name))
        if "@" in name
        else await one(core, Profile, kind=Kind.USER, name_key=person_key(name))
    )
    no = profile.no if profile else 0
    return Account(await one(core, Principal, no=no), await password_of(core, no))
