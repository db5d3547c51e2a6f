"""Pages as such: words for sizes and moments, the style sheet, colours that everybody can read."""

import re
from itertools import product

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import Site

from commonhold.core.model import Item
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.problems import SENTENCES, Problem
from commonhold.core.roles import ItemKind
from commonhold.faces.web import words
from commonhold.faces.web.pages import assets
from commonhold.faces.web.speech import speech
from commonhold.store.memory import MemoryStore
from commonhold.testing.core import make_core

CONTRAST = 4.5  # WCAG 2.2 AA for text of any size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1 KB"),
        (1_549, "1.5 KB"),
        (999_949, "999.9 KB"),
        (999_950, "1 MB"),
        (12_300_000, "12.3 MB"),
        (10**9, "1 GB"),
        (10**15, "1000 TB"),
    ],
)
def test_sizes_are_short(count: int, text: str) -> None:
    """A size has at most one decimal, in the unit that keeps it short."""
    assert speech("en").size(count) == text


def item(name: str | None, kind: ItemKind = ItemKind.FILE, **more: str | None) -> Item:
    """Make an item of this name."""
    return Item(1, "u", 1, None, kind, name, name, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "badge"),
    [("a.txt", "TXT"), ("a.tar.gz", "GZ"), (".hidden", ""), ("noending", ""), ("a.verylong", ""), ("a.<b>", "")],
)
def test_badges_are_endings(name: str, badge: str) -> None:
    """The sheet of a file bears the ending of its name, if it is a short and plain one."""
    assert words.badge(item(name)) == badge


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("text/plain", "Text"),
        ("image/jpeg", "Image"),
        ("video/mp4", "Video"),
        ("application/pdf", "PDF"),
        ("application/x-odd", "File"),
        (None, "File"),
        ("<b>", "File"),
    ],
)
def test_kinds_are_words(media: str | None, kind: str) -> None:
    """A media type is told in a word that people know."""
    assert words.kind(speech("en"), item("x", media=media)) == kind
    assert words.kind(speech("en"), item("x", ItemKind.APP)) == "App"


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_problem_has_words(code: str) -> None:
    """A problem has a title and a sentence that ends; codes with underscores are shown to nobody."""
    title, sentence = words.of_problem(speech("en"), Problem(code))
    assert "_" not in title + sentence
    assert title[0].isupper()
    assert sentence.endswith(".")


async def test_the_style_sheet_is_kept_for_good(hut: Site) -> None:
    """Pages name the style sheet by its content; browsers keep it, and another name is not found."""
    visitor = hut.visitor()
    links = [one["href"] for one in read(await visitor.get("/app/sign-in")).all("link")]
    types = []
    for link in links:
        got = await visitor.get(link)
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        types.append(got.headers["content-type"].partition(";")[0])
    assert types == ["image/svg+xml", "text/css"]
    assert (await visitor.get("/static/style.css")).status_code == 404
    assert (await visitor.get("/static/..%2fpages.py")).status_code == 404


async def test_pages_are_small(hut: Site) -> None:
    """A page with a full listing, and the style sheet with it, weigh less than 50 KB together."""
    folder = await hut.folder("Many")
    for number in range(100):
        await hut.file(f"A name of the usual length {number}.txt", b"", folder.no)
    page = await hut.visitor().get(await hut.link(folder, note="x" * 500))
    assert len(page.content) + len(assets()["style.css"].body) <= 50_000


async def test_what_cannot_be_done_is_a_page(hut: Site) -> None:
    """Unknown addresses and methods of the face are worded as pages, and OPTIONS names the methods."""
    visitor = hut.visitor()
    wrong = await visitor.http.delete("/app")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert "This cannot be done here" in wrong.text
    assert (await visitor.http.options("/app/sign-in")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await visitor.get("/favicon.ico")).status_code == 404


class Failing(MemoryStore):
    """A store that makes a mistake once it is told to."""

    broken: Exception | None = None

    async def look(self, look: Look) -> Snapshot:
        """Fail, or look."""
        if self.broken is not None:
            raise self.broken
        return await super().look(look)


async def test_mistakes_of_ours_are_a_page(caplog: pytest.LogCaptureFixture) -> None:
    """What goes wrong here is worded as a page without any detail, and names the request for those who look it up."""
    store = Failing(0)
    site = await Site.found(make_core(store=store))
    link = await site.link(await site.file("a.txt"))
    store.broken = Problem("unavailable")
    away = await site.visitor().get(link)
    assert (away.status_code, away.headers["retry-after"], "Not just now" in away.text) == (503, "5", True)
    store.broken = RuntimeError("secret detail")
    wrong = await site.visitor().get(link)
    assert wrong.status_code == 500
    assert "secret detail" not in wrong.text
    assert f"Request {wrong.headers['x-request-id']}" in read(wrong).text


def _schemes() -> dict[str, dict[str, str]]:
    """Read the colours of both schemes off the style sheet."""
    text = assets()["style.css"].body.decode()
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in text.split("@media (prefers-color-scheme")[:2]
    )
    return {"light": light, "dark": dark}


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart(scheme: str) -> None:
    """Every text has the contrast that WCAG AA asks for, on every ground it stands on, in light and in dark."""
    colours = _schemes()[scheme]
    texts, grounds = ("ink", "quiet", "accent", "bad", "good"), ("paper", "card", "tint")
    pairs = [*product(texts, grounds), ("on-accent", "accent"), ("on-accent", "accent-hover")]
    weak = {pair: _contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: found for pair, found in weak.items() if found < CONTRAST} == {}
    assert min(_contrast(colours["edge"], colours[ground]) for ground in ("paper", "card")) >= 3
