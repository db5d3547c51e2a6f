"""Roles and actions as data (DESIGN.md, section 1): what each role may do, and which recipients there are.

Everything here is a table; the policy only looks things up. Numbers of flags are stored, so they never change.
"""

import enum
from typing import Final

# Sums of flags are looked up: Python makes each anew in microseconds, and one decision asks for a hundred of them.
_ACTIONS: Final[list["Action"]] = []
_KINDS: Final[list["Kind"]] = []


class Action(enum.IntFlag):
    """What somebody may do with an item; stored as a bit mask."""

    NONE = 0
    READ = 1
    DOWNLOAD = 2
    COMMENT = 4
    WRITE = 8
    CREATE = 16
    RENAME = 32
    DELETE = 64
    SHARE = 128
    MANAGE = 256

    def __and__(self, other: int) -> "Action":
        """Return the actions that both have."""
        return _ACTIONS[int.__and__(self, other)]

    def __or__(self, other: int) -> "Action":
        """Return the actions that either has."""
        return _ACTIONS[int.__or__(self, other)]


_ACTIONS.extend(map(Action, range(2 * Action.MANAGE)))


ALL: Final = Action(511)


class Role(enum.StrEnum):
    """A named set of actions, given by a share."""

    PREVIEWER = "previewer"
    VIEWER = "viewer"
    UPLOADER = "uploader"
    EDITOR = "editor"
    CONTRIBUTOR = "contributor"
    MANAGER = "manager"


_VIEW = Action.READ | Action.DOWNLOAD | Action.COMMENT

# SHARE is not part of any role but manager's: whether a share may be passed on is said by its mask.
ROLE_ACTIONS: Final[dict[Role, Action]] = {
    Role.PREVIEWER: Action.READ,
    Role.VIEWER: _VIEW,
    Role.UPLOADER: Action.CREATE,
    Role.EDITOR: _VIEW | Action.WRITE,
    Role.CONTRIBUTOR: _VIEW | Action.WRITE | Action.CREATE | Action.RENAME | Action.DELETE,
    Role.MANAGER: ALL,
}

# Widest first: the role shown for a set of actions is the first one that the set contains.
ROLES_BY_WIDTH: Final = (Role.MANAGER, Role.CONTRIBUTOR, Role.EDITOR, Role.VIEWER, Role.PREVIEWER, Role.UPLOADER)


class Kind(enum.IntFlag):
    """Kinds of recipients; a mask of them says to whom a share may be passed on."""

    NONE = 0
    USER = 1
    GROUP = 2
    ORG = 4
    EVERYONE = 8
    LINK = 16
    MAIL = 32

    def __and__(self, other: int) -> "Kind":
        """Return the kinds that both have."""
        return _KINDS[int.__and__(self, other)]

    def __or__(self, other: int) -> "Kind":
        """Return the kinds that either has."""
        return _KINDS[int.__or__(self, other)]


_KINDS.extend(map(Kind, range(2 * Kind.MAIL)))


ANY_KIND: Final = Kind(63)
WIDE: Final = Kind.GROUP | Kind.ORG | Kind.EVERYONE  # recipients that are more than one person


class OrgRole(enum.StrEnum):
    """What a user is in his organisation; each carries a preset allowance (``core.allowance``)."""

    ADMINISTRATOR = "administrator"
    PUBLISHER = "publisher"
    USER = "user"
    VIEWER = "viewer"


class ItemKind(enum.StrEnum):
    """What an item is."""

    FOLDER = "folder"
    FILE = "file"
    RECORD = "record"
    APP = "app"
    ENTRY = "entry"


def role_for(actions: Action) -> Role | None:
    """Return the widest role whose actions, sharing left aside, are all in ``actions``; None if there is none."""
    for role in ROLES_BY_WIDTH:
        needed = ROLE_ACTIONS[role] & ~Action.SHARE
        if actions & needed == needed:
            return role
    return None
