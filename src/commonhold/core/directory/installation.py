"""The installation: its first administrator, and the settings that administrators change while it runs."""

import re
from typing import Any, Final

import msgspec

from commonhold.core.changes import Drop, Upsert
from commonhold.core.core import Core
from commonhold.core.directory.administrators import active_administrators
from commonhold.core.directory.credentials import issue, spend, spent
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.people import NewUser, Person, add_first
from commonhold.core.directory.reading import After, Page, one, page_of
from commonhold.core.directory.standing import OPERATOR, a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import CredentialKind, Setting, State
from commonhold.core.policy.allowed import ADMINISTRATION
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind

LONGEST_SETTING: Final = 65_536  # bytes of JSON

_NAME: Final = re.compile(r"[a-z][a-z0-9_.]{0,63}")


async def is_set_up(core: Core) -> bool:
    """Tell whether there is an administrator."""
    return bool(await active_administrators(core, 1))


async def set_up(core: Core, first: NewUser) -> Person:
    """Make the first administrator. Called by whoever starts the server, never by a request.

    :raises Problem: already_set_up, and what ``add_user`` raises
    """
    return await add_first(core, first)


async def setup_secret(core: Core) -> str:
    """Make the secret of the one-time link by which the first administrator makes himself.

    :raises Problem: already_set_up
    """
    if await is_set_up(core):
        raise Problem("already_set_up")
    draft = Draft(core, OPERATOR)
    issued = issue(core, draft, CredentialKind.SETUP, None, life=core.limits.setup_life)
    draft.note("setup.asked")
    await draft.commit()
    return issued.secret


async def set_up_by_link(core: Core, secret: str, first: NewUser) -> Person:
    """Make the first administrator by the one-time link; it counts until there is one.

    :raises Problem: bad_token, already_set_up, and what ``add_user`` raises
    """
    held = await spend(core, secret, CredentialKind.SETUP)
    if first.password is None:
        raise Problem("missing_field", field="password")
    return await add_first(core, first, *spent(held.credential))


async def acting(core: Core, user: RecipientRef | None = None, face: str = "cli") -> Actor:
    """Return an actor for the command line on a data directory: a user, or the first administrator.

    :raises Problem: unknown_user, account_inactive
    """
    if user is None:
        found = await active_administrators(core, 1)
        if not found:
            raise Problem("unknown_user", field="admin")
        return Actor(found[0].no, face=face)
    ref = a(Kind.USER, user)
    person = (await stand(core, OPERATOR, ref)).one(ref, Kind.USER)
    if person.state is not State.ACTIVE:
        raise Problem("account_inactive")
    return Actor(person.no, face=face)


async def get_setting(core: Core, actor: Actor, name: str) -> Any:
    """Return the value of a setting, or None if it was never set.

    :raises Problem: forbidden unless the actor administers the installation
    """
    (await stand(core, actor)).need_admin()
    row = await one(core, Setting, name=name)
    return msgspec.json.decode(row.value) if row is not None else None


async def set_setting(core: Core, actor: Actor, name: str, value: Any) -> None:
    """Set a setting to a JSON value; None takes it back.

    :raises Problem: forbidden unless the actor administers the installation; invalid_field, too_large
    """
    (await stand(core, actor, scope=Action.MANAGE)).need_admin()
    if not _NAME.fullmatch(name):
        raise Problem("invalid_field", field="name")
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, UnicodeEncodeError):
        raise Problem("invalid_field", field="value") from None
    if len(text) > LONGEST_SETTING:
        raise Problem("too_large", field="value", most=LONGEST_SETTING)
    draft = Draft(core, actor)
    draft.add(Drop(Setting, (name,)) if value is None else Upsert(Setting(name, text)))
    draft.note("setting.changed")
    await draft.commit()


async def list_settings(core: Core, actor: Actor, *, after: After = None, limit: int = 200) -> Page[Setting]:
    """List settings by name.

    :raises Problem: forbidden unless the actor administers the installation
    """
    standing = await stand(core, actor)
    standing.need_admin()
    return await page_of(core, standing.allowed(ADMINISTRATION), Setting, (), after=after, limit=limit)
