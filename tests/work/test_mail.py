"""Letters as mail: what stands in both parts and in the headers, whatever users wrote."""

import email
import re
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from importlib import resources
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.core.notices.letters import Letter, Offer
from commonhold.settings import PAGES, Settings, Smtp
from commonhold.work.mail import WORDS, compose, sender_of

SITE = "https://share.example.org"
SETTINGS = Settings(base_url=SITE)
NOW = 1_800_000_000_000
HOSTILE = [
    'Eve"><script>alert(1)</script>',
    "Eve\r\nBcc: victim@example.org\r\n\r\nhello",
    "Eve\nSubject: other",
    "<a href='https://evil.example'>Open</a>",
    f"{SITE}/s/fake",
    "https://evil.example/s/x",
    "</title></blockquote><img src=https://evil.example/x.png>",
    "{{ 7*7 }} {sharer} {0} %s",
    "&lt;b&gt; &#106;avascript:x",
    "\u202egpj.exe",
    "\ud800 lone",
    "style=}</style><style>@import 'https://evil.example'",
    "--\nboundary",
    "From somebody",
    ".",
    "",
]


class Page(HTMLParser):
    """What is in a page: its tags with attributes, and its text."""

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.words.append(data)


def letter(**fields: object) -> Letter:
    """Return a letter about one file unless fields say otherwise."""
    plain = Letter(7, "share", "bob@example.org", "Alice", offers=(Offer("a.txt", "item", "uid-1"),))
    return msgspec.structs.replace(plain, **fields)


def mail(told: Letter, settings: Settings = SETTINGS) -> EmailMessage:
    """Compose, send through bytes, and read again, as a recipient gets it."""
    sent = compose(told, settings, sender=sender_of(settings), now=NOW, message_id="id")
    found = email.message_from_bytes(sent.as_bytes(), policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def parts(message: EmailMessage) -> tuple[str, Page]:
    """Return the text part and the page."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), Page(html.get_content())


def links(page: Page) -> list[str]:
    """Return all addresses that a page could load or lead to."""
    named = ("href", "src", "action", "background", "poster", "srcset", "data")
    return [value or "" for _, attributes in page.tags for key, value in attributes.items() if key in named]


def test_what_a_letter_says() -> None:
    """A letter names sharer, item, note, times, and that there is a password, in both parts; its links are ours."""
    told = letter(note="Read it\nplease", starts=NOW, until=NOW + 86_400_000, password=True, more=2)
    message = mail(told)
    text, page = parts(message)
    assert message["Subject"] == "Alice shared 3 items with you"
    for said in (
        "Alice",
        "and 2 more",
        "2027-01-15 08:00 UTC",
        "2027-01-16 08:00 UTC",
        "password",
        "Read it",
        "please",
    ):
        assert said in text
        assert said in "".join(page.words)
    assert "> Read it\r\n> please\r\n" in text
    assert links(page) == re.findall(r"https?://\S+", text) == [f"{SITE}/app/items/uid-1"]


def test_one_item_is_named() -> None:
    """The subject of a letter about one item names it as its owner did."""
    assert (
        mail(letter(offers=(Offer("Bericht für Jürgen.pdf"),)))["Subject"]
        == "Alice shared “Bericht für Jürgen.pdf” with you"
    )


def test_headers() -> None:
    """A machine wrote it and says so; programs that answer by themselves keep quiet; the list has a name."""
    message = mail(letter())
    assert (message["From"], message["To"]) == ("Commonhold <commonhold@share.example.org>", "bob@example.org")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "Commonhold <share.share.example.org>"
    assert message["Message-ID"] == "<id@share.example.org>"
    assert message["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert mail(letter(), Settings(smtp=Smtp(sender="x@example.net")))["From"] == "Commonhold <x@example.net>"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_harmless(text: str) -> None:
    """Whatever sharers write in names and notes: no header, tag, attribute, style or link comes of it."""
    ordinary = mail(letter(note="x", subject_of="x"))
    told = letter(sharer=text, note=text, offers=(Offer(text, "item", "uid-1"),), subject_of=text)
    for kind in ("share", "join"):
        message = mail(msgspec.structs.replace(told, kind=kind))
        plain, page = parts(message)
        assert message.keys() == ordinary.keys()
        assert message["To"] == "bob@example.org"
        assert not message.defects
        tags = {tag for tag, _ in page.tags}
        assert tags <= {"html", "head", "meta", "title", "body", "main", "h1", "p", "a", "ul", "li", "blockquote", "br"}
        assert links(page) == [f"{SITE}/app/items/uid-1"]
        assert re.findall(r"[a-z]+:/*\S+", plain, re.I) == [f"{SITE}/app/items/uid-1"]
        assert not [word for word in page.words if re.search(r"[a-z]:[^\s]", word, re.I)]


@given(st.text(max_size=80), st.text(max_size=200))
def test_any_text_makes_a_mail(who: str, what: str) -> None:
    """No text can keep a mail from being made and read again, or lead anywhere but to us."""
    plain, page = parts(mail(letter(sharer=who, note=what, offers=(Offer(what, "link", "s1"),))))
    assert links(page) == [f"{SITE}/s/s1"]
    assert re.findall(r"https?://\S+", plain) == [f"{SITE}/s/s1"]


@pytest.mark.parametrize("kind", WORDS)
def test_every_kind_has_words(kind: str) -> None:
    """Each kind of letter has a subject, leads to its own page, and says if that works only once."""
    once = WORDS[kind].once
    told = letter(kind=kind, page="reset", part="s3cret", subject_of="Chess", offers=(Offer("x"),))
    message = mail(told)
    plain, page = parts(message)
    assert message["Subject"]
    assert "s3cret" not in message["Subject"]
    assert links(page) == [f"{SITE}/app/reset/s3cret"]
    assert ("This link works once." in plain) is once


def test_pages_are_known() -> None:
    """Every page that letters name is one that the settings know, below the public address."""
    assert {"item", "link", "enter", "verify", "reset", "group"} <= PAGES.keys()
    for page in PAGES:
        assert urlsplit(SETTINGS.page(page, "x")).path == PAGES[page].format("x")


def test_templates_are_part_of_the_package() -> None:
    """The templates lie beside the program, so that an installed one has them."""
    found = {path.name for path in resources.files("commonhold.work").joinpath("templates").iterdir()}
    assert found == {"letter.html", "letter.txt"}
