"""Words, amounts and dates in the reader's language, below the edges where no request exists.

Reads the same catalogues as the pages. Money is integer cents; dates are `date`, instants aware datetimes."""

from __future__ import annotations

import functools
import pathlib
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from babel.support import NullTranslations, Translations

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "translations"
LANGUAGES = ("fr", "nl", "en", "de")
MINUS = "\N{MINUS SIGN}"


def N_(msgid: str) -> str:
    """Mark an English sentence for translation where it cannot be translated yet."""
    return msgid


def NP_(one: str, many: str) -> tuple[str, str]:
    """Mark an English sentence for one and for many things, for translation where it cannot be translated yet."""
    return one, many


@functools.cache
def catalogue(language: str) -> NullTranslations:
    """The catalogue of one language; English is the source and needs none."""
    return Translations.load(str(FOLDER), [language])


def translate(language: str, msgid: str, **params: object) -> str:
    """The sentence in a language, its `%(name)s` places filled; "21 nov." at its end brings its own full stop."""
    text = str(catalogue(language).ugettext(msgid))
    if not params:
        return text
    filled = text % params
    return filled[:-1] if filled.endswith("..") and not filled.endswith("...") else filled


def translate_plural(language: str, one: str, many: str, number: int, **params: object) -> str:
    """The sentence for a number of things; `%(num)s` is the number."""
    return str(catalogue(language).ungettext(one, many, number) % {"num": number, **params})


@functools.cache
def locale(language: str) -> Locale:
    """French as in France: other regions of a language follow its first country."""
    return Locale.parse({"fr": "fr_FR", "nl": "nl_BE", "en": "en_GB", "de": "de_DE"}.get(language, "fr_FR"))


def money(cents: int, language: str = "fr") -> str:
    """1 234,50: two decimals, no unit, true minus."""
    grouping, point = _symbols(language)
    units, rest = divmod(abs(cents), 100)
    return f"{MINUS if cents < 0 else ''}{units:,}".replace(",", grouping) + f"{point}{rest:02}"


@functools.cache
def _symbols(language: str) -> tuple[str, str]:
    # The general formatter takes fifty microseconds a call, and a page shows hundreds of amounts.
    symbols = locale(language).number_symbols["latn"]
    return symbols["group"], symbols["decimal"]


def euros(cents: int, language: str = "fr", currency: str = "EUR") -> str:
    """358 123 €: whole units for headlines, rounded half away from zero, true minus."""
    whole = (abs(cents) + 50) // 100 * (1 if cents >= 0 else -1)
    return format_currency(whole, currency, format=_whole(language), locale=locale(language), currency_digits=False).replace(
        "-", MINUS
    )


@functools.cache
def _whole(language: str) -> str:
    return str(locale(language).currency_formats["standard"].pattern).replace("0.00", "0")


def money_with_currency(cents: int, language: str = "fr", currency: str = "EUR") -> str:
    """1 234,50 €: two decimals and the unit, true minus."""
    return str(format_currency(cents / 100, currency, locale=locale(language))).replace("-", MINUS)


def day(value: date, language: str = "fr") -> str:
    """19/05/2026, the same in all our languages."""
    return f"{value.day:02}/{value.month:02}/{value.year}"


@functools.lru_cache(maxsize=1024)
def day_short(value: date, language: str = "fr") -> str:
    """19 mai."""
    return str(format_date(value, "d MMM", locale=locale(language)))


@functools.lru_cache(maxsize=256)
def month_short(value: date, language: str = "fr") -> str:
    """mai 26."""
    return str(format_date(value, "MMM yy", locale=locale(language)))


def day_long(value: date, language: str = "fr") -> str:
    """mardi 19 mai 2026."""
    return str(format_date(value, "full", locale=locale(language)))


def moment(value: datetime, language: str = "fr", time_zone: str = "Europe/Paris") -> str:
    """12 mai 2026, 9:04, on the company's clock."""
    local = value.astimezone(ZoneInfo(time_zone))
    pattern = "d MMM yyyy, H 'h' mm" if language == "fr" else "d MMM yyyy, H:mm"
    return str(format_datetime(local, pattern, locale=locale(language)))


def clock(value: datetime, language: str = "fr", time_zone: str = "Europe/Paris") -> str:
    """9 h 04 (9:04 outside French), on the company's clock."""
    local = value.astimezone(ZoneInfo(time_zone))
    return f"{local.hour} h {local.minute:02}" if language == "fr" else f"{local.hour}:{local.minute:02}"


def number(value: int, language: str = "fr") -> str:
    """1 284: whole numbers with the language's grouping."""
    return f"{value:,}".replace(",", _symbols(language)[0]).replace("-", MINUS)


def since(value: datetime, now: datetime, language: str = "fr", time_zone: str = "Europe/Paris") -> str:
    """'today at 6:12', 'yesterday at 18:40', else the day: how long ago something happened, for people."""
    zone = ZoneInfo(time_zone)
    local, here = value.astimezone(zone), now.astimezone(zone)
    days = (here.date() - local.date()).days
    if days == 0:
        return translate(language, N_("today at %(clock)s"), clock=clock(value, language, time_zone))
    if days == 1:
        return translate(language, N_("yesterday at %(clock)s"), clock=clock(value, language, time_zone))
    return translate(language, N_("on %(day)s"), day=day_short(local.date(), language))
