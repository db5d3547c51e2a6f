"""The languages of the pages: chosen by the browser or by hand, complete, with numbers and moments of their own."""

import re
import runpy

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from tests.faces.web.reading import read
from tests.faces.web.site import Site
from tests.house.source import ROOT

from commonhold.faces.web.speech import LANGUAGES, language_of, speech


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "de", "de"),
        (None, "de-CH, fr;q=0.9", "de"),
        (None, "fr, de;q=0.5, en;q=0.8", "en"),
        (None, "fr-FR, nl", "en"),
        (None, "en;q=0, de;q=0.1", "de"),
        ("de", "en", "de"),
        ("xx", "de", "de"),
        (None, "de;q=nonsense, *", "en"),
    ],
)
def test_a_language_is_chosen(cookie: str | None, accepted: str, language: str) -> None:
    """What was chosen by hand counts first, then what the browser prefers and we speak, then English."""
    assert language_of(cookie, accepted) == language


@given(st.text(max_size=500))
def test_any_header_gives_a_language(accepted: str) -> None:
    """Whatever a client says of its languages, it is answered in one that we speak."""
    assert language_of(None, accepted) in LANGUAGES


@pytest.mark.parametrize(
    ("language", "size", "day", "moment"),
    [
        ("en", "1.5 KB", "1 Feb 2026", "1 February 2026, 13:05 UTC"),
        ("de", "1,5 KB", "01.02.2026", "1. Februar 2026, 13:05 UTC"),
    ],
)
def test_sizes_and_moments_are_written_as_people_there_do(language: str, size: str, day: str, moment: str) -> None:
    """A size, a day and a moment in each language."""
    spoken = speech(language)
    assert spoken.size(1500) == size
    assert f">{day}<" in spoken.day(1_769_951_100_000)
    assert f">{moment}<" in spoken.moment(1_769_951_100_000)


async def test_a_language_is_chosen_by_hand(hut: Site) -> None:
    """The foot of a page offers the other languages; the choice is kept, and one is back on the page."""
    visitor = hut.visitor()
    assert read(await visitor.get("/app/forgotten")).all("html") == [{"lang": "en"}]
    done = await visitor.post("/app/language", {"language": "de", "next": "/app/forgotten"})
    assert (done.status_code, done.headers["location"]) == (303, "/app/forgotten")
    page = await visitor.get("/app/forgotten", accept_language="en")
    assert page.headers["content-language"] == "de"
    assert read(page).all("html") == [{"lang": "de"}]
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"):
        done = await visitor.post("/app/language", {"language": "xx", "next": elsewhere})
        assert (done.headers["location"], "set-cookie" in done.headers) == ("/app", False)


def _gathered() -> Catalog:
    """Return every text of the pages, as ``scripts/make-messages`` gathers them."""
    found: Catalog = runpy.run_path(str(ROOT / "scripts" / "make-messages"))["gathered"]()
    return found


_NAMED = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+>")


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_language_says_everything(language: str) -> None:
    """Each text of the pages is in each catalogue, translated, with the same facts and elements in it; no other is."""
    path = ROOT / "src/commonhold/faces/web/locale" / language / "messages.po"
    with path.open("rb") as written:
        known = read_po(written, locale=language)
    said = {message.id for message in _gathered() if message.id}
    assert said == {message.id for message in known if message.id}, "run scripts/make-messages, and translate"
    for message in known:
        if not message.id:
            continue
        ours, theirs = [[text] if isinstance(text, str) else list(text or ()) for text in (message.id, message.string)]
        assert all(theirs), message.id
        wanted, found = sorted(_NAMED.findall(ours[-1])), sorted(_NAMED.findall(theirs[-1]))
        assert found == wanted, (ours, theirs)
