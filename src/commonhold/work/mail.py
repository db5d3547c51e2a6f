"""Letters as mail: a short text and a short page, both from templates, with headers that say a machine wrote them."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit

import css_inline
import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from commonhold.core.directory.letters import ENTRY, INVITE, JOIN, RESET, VERIFY
from commonhold.core.notices.changes import LINK, SHARE
from commonhold.core.notices.letters import Letter, Offer
from commonhold.settings import Settings
from commonhold.work.neutral import name, note, one_line

_TEMPLATES: Final = Environment(
    loader=PackageLoader("commonhold.work"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_INLINER: Final = css_inline.CSSInliner(load_remote_stylesheets=False)


class Words(msgspec.Struct, frozen=True):
    """What a kind of letter says: its subject and first line, what its button is called, and why it was sent.

    ``{sharer}``, ``{what}``, ``{group}`` and ``{site}`` are put in, made harmless.
    """

    subject: str
    button: str
    why: str
    once: bool = False  # its link works once


_SHARED: Final = "{sharer} shared this with you on {site}."
WORDS: Final = {
    SHARE: Words("{sharer} shared {what} with you", "Open", _SHARED),
    LINK: Words("{sharer} shared {what} with you", "Open", f"{_SHARED} Whoever has the link can open it."),
    JOIN: Words("{sharer} asks to join {group}", "See the group", "You own this group on {site}."),
    VERIFY: Words("Confirm your mail address", "Confirm", "This address was given for an account on {site}.", True),
    RESET: Words("Set a new password", "Set a password", "Somebody asked for this on {site}.", True),
    INVITE: Words("You are invited to {site}", "Set a password", "An administrator made an account for you.", True),
    ENTRY: Words("Your way in to {site}", "Come in", "Somebody asked for this on {site}.", True),
}


class Linked(msgspec.Struct, frozen=True):
    """An item with the address that opens it, if it has one of its own."""

    name: str
    url: str | None


def compose(letter: Letter, settings: Settings, *, sender: str, now: int, message_id: str) -> EmailMessage:
    """Return the mail of a letter. The same letter has the same ``message_id`` each time it is sent."""
    words = WORDS[letter.kind]
    site = urlsplit(settings.public_url).netloc
    message = EmailMessage(policy=SMTP)
    message["Subject"] = _filled(words.subject, letter, site, one_line)
    message["From"] = Address("Commonhold", addr_spec=sender)
    message["To"] = Address(addr_spec=letter.address)
    message["Date"] = format_datetime(datetime.fromtimestamp(now / 1000, UTC))
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = f"<{message_id}@{domain}>"
    message["List-Id"] = f"Commonhold <{letter.kind}.{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    facts = _facts(letter, settings, words, site)
    message.set_content(_TEMPLATES.get_template("letter.txt").render(facts), cte="quoted-printable")
    page = _INLINER.inline(_TEMPLATES.get_template("letter.html").render(facts))
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


def sender_of(settings: Settings) -> str:
    """Return the address that mails come from."""
    host = urlsplit(settings.public_url).hostname or "localhost"
    return settings.smtp.sender or f"commonhold@{host}"


def _facts(letter: Letter, settings: Settings, words: Words, site: str) -> dict[str, object]:
    """Return what the templates may use: nothing that a user wrote is in it as he wrote it."""
    return {
        "heading": _filled(words.subject, letter, site, name),
        "button": words.button,
        "why": _filled(words.why, letter, site, name),
        "once": words.once or letter.page == "enter",
        "url": settings.page(letter.page, letter.part or "") if letter.page else None,
        "offers": [_linked(offer, settings) for offer in letter.offers],
        "more": letter.more,
        "sharer": name(letter.sharer or "Somebody"),
        "note": note(letter.note) if letter.note else [],
        "starts": _day(letter.starts),
        "until": _day(letter.until),
        "password": letter.password,
    }


def _linked(offer: Offer, settings: Settings) -> Linked:
    return Linked(name(offer.name), settings.page(offer.page, offer.part or "") if offer.page else None)


def _filled(text: str, letter: Letter, site: str, harmless: Callable[[str], str]) -> str:
    """Put names into one of our sentences."""
    count = len(letter.offers) + letter.more
    what = f"“{harmless(letter.offers[0].name)}”" if count == 1 else f"{count} items"
    sharer, group = harmless(letter.sharer or "Somebody"), f"“{harmless(letter.subject_of or '')}”"
    return text.format(sharer=sharer, what=what, group=group, site=site)


def _day(moment: int | None) -> str | None:
    """Write a moment for people, to the minute."""
    return f"{datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%d %H:%M} UTC" if moment is not None else None
