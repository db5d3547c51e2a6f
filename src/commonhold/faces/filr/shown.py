"""Shares as this dialect shows them: the id is that of the share's version, except for links, which keep theirs."""

from typing import Final
from urllib.parse import quote

from commonhold.core.model import Item, Share
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import Shown
from commonhold.core.sharing.links import secret_of
from commonhold.faces.filr import shapes, words
from commonhold.http.face import Call

_VIEWABLE: Final = ("text/", "image/", "application/pdf")


def share_id(share: Share) -> int:
    """Return the id by which this dialect knows a share."""
    return share.no if share.kind is Kind.LINK else share.version


def viewable(item: Item) -> bool:
    """Tell whether a file can be shown by a browser."""
    return (item.media or "").startswith(_VIEWABLE)


def link_url(call: Call, share: Share, item: Item, word: str) -> str:
    """Return the address of a link: ``publicLink`` downloads, ``publicLinkHtml`` shows. The name is for people."""
    name = quote(item.name or "file", safe="")
    return f"{call.root}/ssf/s/readFile/share/{share.no}/{secret_of(call.core, share)}/{word}/{name}"


def permalinks(call: Call, shown: Shown) -> list[shapes.Link]:
    """Return the public addresses of what is shared: a link's to those who may change it, an item's own page."""
    share, item = shown.share, shown.item
    if share.kind is Kind.EVERYONE:
        return [shapes.Link(rel="view", href=call.page("item", item.uid))]
    if share.kind is not Kind.LINK or not shown.changes:
        return []
    found = [shapes.Link(rel="download", href=link_url(call, share, item, "publicLink"))]
    if viewable(item):
        found.append(shapes.Link(rel="view", href=link_url(call, share, item, "publicLinkHtml")))
    return found


def of_share(call: Call, shown: Shown, under: str = "/shares") -> shapes.Share:
    """Return a share; ``under``: where it is listed."""
    share, role = shown.share, words.role_name(shown.share.role)
    what, ident = words.thing(shown.item), share_id(share)
    flags = words.sharing(shown.mask)
    return shapes.Share(
        href=f"{under}/{ident}",
        links=[shapes.Link(rel="self", href=f"{under}/{ident}")],
        id=ident,
        comment=shown.note,
        sharer=words.person(share.made_by),
        sharing_date=share.changed_at,
        days_to_expire=share.days if share.days and share.days > 0 else None,
        expiration=share.until,
        recipient=words.recipient(share, shown.recipient, shown.name, shown.email),
        shared_entity=what,
        access=shapes.Access(role=role, sharing=flags, href=f"{what.href}/access", links=[]),
        role=role,
        can_share=flags.grant_reshare or flags.public_link,
        permalinks=permalinks(call, shown),
    )
