"""Links: the secret that opens one. It is computed when needed; only its digest is kept. Pure but for the port."""

from commonhold.core.core import Core
from commonhold.core.directory.digests import digest
from commonhold.core.model import LinkKey, Share
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind


def handle(share: Share) -> str:
    """Return what names a link for its secret: uid, moment and generation, so that no two links ever share one.

    The moment keeps a uid that a client chose twice from giving the old secret to the new share.
    """
    return f"{share.uid}:{share.made_at}:{share.generation}"


def secret_of(core: Core, share: Share) -> str:
    """Return the secret of a link share: only for those who may manage it, and for mails that carry it.

    :raises Problem: not_for_items, if the share is no link
    """
    if share.kind is not Kind.LINK:
        raise Problem("not_for_items")
    return core.secrets.link(handle(share))


def key_of(core: Core, share: Share) -> LinkKey:
    """Return the row by which a link is found."""
    return LinkKey(share.no, digest(secret_of(core, share)))
