"""The languages of the pages: texts from one catalogue each, numbers and moments as people there write them.

What pages say stands in English where it is said, in templates as ``{% trans %}`` or ``_("…")``, in Python as
``speech.say("…")``, or ``mark("…")`` where a constant is said later. ``scripts/make-messages`` gathers it for the
translators; a test holds that every language says all of it.
"""

import gettext
import io
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from importlib import resources
from typing import Any, Final

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup

LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
"""What pages can be read in, each by its own name; the first is what everything is written in."""

LANGUAGE_COOKIE: Final = "commonhold_language"

_LOCALES: Final = {"en": "en_GB", "de": "de_DE"}  # whose way to write moments and numbers
_FOLDER: Final = resources.files("commonhold.faces.web") / "locale"
_WRITTEN: Final = 4096  # numbers, and days, that are kept as they are written
_LAST_SECOND: Final = 253_402_300_799


def mark(text: str) -> str:
    """Return a text as it is: it is said later, in the language of whoever reads it."""
    return text


class Speech:
    """One language: what pages say in it, and how it writes numbers and moments. Moments are told in UTC."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        """Speak a language of ``LANGUAGES``."""
        self.language = language
        self.catalogue = catalogue
        self._locale = Locale.parse(_LOCALES[language])
        # what stands in each row of a list is written once: Babel takes 0.1 ms for each
        self._decimal = lru_cache(_WRITTEN)(partial(format_decimal, locale=self._locale))
        self._date = lru_cache(_WRITTEN)(partial(format_date, locale=self._locale))

    def say(self, text: str, **facts: Any) -> str:
        """Return a text in this language, with facts for what it names as ``%(name)s``."""
        found = self.catalogue.gettext(text) if text else ""
        return found % facts if facts else found

    def say_n(self, one: str, many: str, num: int, **facts: Any) -> str:
        """Return the text for this number of things, which it may name as ``%(num)s``."""
        return self.catalogue.ngettext(one, many, num) % {"num": self.number(num), **facts}

    def number(self, value: float) -> str:
        """Write a number with at most one decimal."""
        return self._decimal(value, "#,##0.#")

    def size(self, count: int) -> str:
        """Write a number of bytes as people do."""
        if count < 1000:
            return self.say_n("%(num)s byte", "%(num)s bytes", count)
        value = float(count)
        for unit in ("KB", "MB", "GB"):
            value /= 1000
            if value < 999.95:
                return f"{self._short(value)} {unit}"
        return f"{self._short(value / 1000)} TB"

    def _short(self, value: float) -> str:
        return self._decimal(round(value, 1), "0.#")

    def moment(self, millis: int) -> Markup:
        """Write a moment, in UTC, as the server does not know where its reader is."""
        when = _when(millis)
        day, hour = self._date(when.date(), "long"), format_time(when, "HH:mm", locale=self._locale)
        return Markup('<time datetime="{}">{}, {} UTC</time>').format(when.isoformat(), day, hour)

    def day(self, millis: int) -> Markup:
        """Write the day of a moment."""
        when = _when(millis)
        day = self._date(when.date(), "medium")
        return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), day)


def _when(millis: int) -> datetime:
    """Return a moment within the years that can be written: shares may hold any number."""
    return datetime.fromtimestamp(min(max(millis // 1000, 0), _LAST_SECOND), UTC)


@cache
def speech(language: str) -> Speech:
    """Return a language of ``LANGUAGES``; its catalogue is read once."""
    if language == "en":
        return Speech(language, gettext.NullTranslations())
    compiled = io.BytesIO()
    with (_FOLDER / language / "messages.po").open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    compiled.seek(0)
    return Speech(language, gettext.GNUTranslations(compiled))


def language_of(cookie: str | None, accepted: str) -> str:
    """Choose a language: the one that was chosen on a page, else the first that the browser asks for and we speak."""
    if cookie in LANGUAGES:
        return cookie
    asked = sorted((_weighed(part) for part in accepted[:400].split(",")), key=lambda pair: -pair[1])
    wanted = [tag for tag, weight in asked if tag and weight > 0]
    return negotiate_locale(wanted, list(LANGUAGES), sep="-") or "en"


def _weighed(part: str) -> tuple[str, float]:
    tag, _, weight = part.strip().partition(";q=")
    try:
        return tag.strip(), float(weight or 1)
    except ValueError:
        return tag.strip(), 0.0
