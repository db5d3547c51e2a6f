"""Spaces of people: made with an account, handed over, and closed with it. Pure."""

from commonhold.core.changes import Set
from commonhold.core.directory.draft import Draft
from commonhold.core.model import Item, ItemKind, Life, Space


def new_space(draft: Draft, owner: int, org: int | None) -> None:
    """Add a space with its top folder. That has no name: paths into the space begin with the
    name of whoever it was made for."""
    space, root, now = draft.no(), draft.no(), draft.now
    draft.put(
        Space(space, draft.uid(), owner, org, root),
        Item(
            root,
            draft.uid(),
            space,
            None,
            ItemKind.FOLDER,
            None,
            None,
            created_by=owner,
            changed_by=owner,
            made_at=now,
            changed_at=now,
        ),
    )


def hand_over(draft: Draft, spaces: list[Space], owner: int, org: int | None) -> None:
    """Add what gives spaces with everything in them to somebody else: one row each."""
    draft.add(*(Set(Space, (space.no,), {"owner": owner, "org": org}) for space in spaces))


def close(draft: Draft, spaces: list[Space]) -> None:
    """Add what ends spaces: with its top folder everything below is out of reach at once; bytes are swept later.

    A deleted folder with ``trashed_at`` is one that ``content.sweeping`` has still to clear out.
    """
    values = {"life": Life.DELETED, "changed_at": draft.now, "trashed_at": draft.now}
    draft.add(*(Set(Item, (space.root,), values) for space in spaces))
