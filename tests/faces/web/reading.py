"""Reading pages as a browser, a screen reader and a suspicious mind would: each page that a test meets is read so."""

import re
from html.parser import HTMLParser
from typing import Final

import httpx2

VOID: Final = frozenset({"meta", "link", "input", "img", "br", "hr", "wbr", "source", "track"})
ADDRESSES: Final = ("href", "src", "action")
LARGEST: Final = 50_000  # bytes of a page without the content it shows


class Reading(HTMLParser):
    """What is on a page: its elements with their attributes, and its texts."""

    def __init__(self, text: str) -> None:
        """Read all of it."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.own: list[tuple[str, dict[str, str]]] = []  # without what stands at the head and foot of every page
        self.texts: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        found = (tag, {name: value or "" for name, value in attrs})
        self.elements.append(found)
        if not {"header", "footer"} & {tag, *self.open} and found[1].get("class") != "skip":
            self.own.append(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note that elements end in the order in which they began."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All text, as it is read out."""
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of this page's own elements of a kind."""
        return [attributes for name, attributes in self.own if name == tag]

    def links(self) -> list[str]:
        """Return where the page leads to."""
        return [one["href"] for one in self.all("a")]


def read(response: httpx2.Response) -> Reading:
    """Read the page of a reply."""
    return Reading(response.text)


def fit(response: httpx2.Response) -> httpx2.Response:
    """Return a reply, having looked that its page, if it is one, is safe and can be read by everybody."""
    of_ours = "content-disposition" not in response.headers  # else it is a file, which a browser does not show
    if of_ours and response.headers.get("content-type", "").startswith("text/html") and response.content:
        page = read(response)
        _keeps_to_itself(response, page)
        _can_be_read(page)
    return response


def _keeps_to_itself(response: httpx2.Response, page: Reading) -> None:
    headers = response.headers
    content = sum(len(text.encode()) for text in page.texts)
    assert len(response.content) - content <= LARGEST
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'"), policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert not {"style", "iframe", "object", "embed", "base"} & {tag for tag, _ in page.elements}
    assert all(set(one) == {"type", "src"} and one["type"] == "module" for one in page.all("script"))
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc")], attributes
        for address in (attributes[name] for name in ADDRESSES if name in attributes):
            outside = tag == "a" and attributes.get("rel") == "noopener noreferrer"
            assert re.match(r"https?://" if outside else r"/(?!/)|#[a-z]", address), (tag, address)


def _can_be_read(page: Reading) -> None:
    assert (page.wrong, page.open) == ([], [])
    assert page.all("html") in ([{"lang": "en"}], [{"lang": "de"}])
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    named = [one["id"] for _, one in page.elements if "id" in one]
    assert len(named) == len(set(named))
    labels = {one["for"] for one in page.all("label")}
    shown = [one for one in page.all("input") if one["type"] != "hidden"]
    inputs = [*shown, *page.all("select"), *page.all("textarea")]
    assert {one["id"] for one in inputs if not {"aria-label", "aria-labelledby"} & one.keys()} == labels
    assert {one["aria-labelledby"] for one in inputs if "aria-labelledby" in one} <= set(named)
    assert all("alt" in one for one in page.all("img"))
    assert all(one["method"] in ("post", "get") for one in page.all("form"))
    assert {one["aria-describedby"] for one in inputs if "aria-describedby" in one} <= set(named)
