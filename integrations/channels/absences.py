"""Automatic answers: told by their headers (RFC 3834) or by how out-of-office messages are called, and their last day of absence
when they say it, in French, English, Dutch and German."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

_SUBJECT = re.compile(
    r"^\s*(?:(?:re|ré|aw|antw)\s*:\s*)*(?:"
    r"(?:ré|re)ponse (?:automatique|auto)|absence du bureau|absent(?:e)? du bureau|message d.absence|absence\b|je suis (?:absent|en congé)|en congés?\b|hors du bureau|notification d.absence|accusé de réception automatique|"
    r"auto(?:matic|mated)?[ -]?(?:reply|response|responder|answer)|autoreply|out[ -]of[ -](?:the[ -])?office|away from (?:my|the) (?:mail|office)|on (?:holiday|vacation|leave)\b|i am (?:away|out)|vacation (?:reply|response)|\[?auto[- ]?reply|ooo\b|"
    r"automatisch(?:es?)? (?:antwoord|antwort|beantwoording|bericht)|afwezig|buiten kantoor|niet aanwezig|met (?:vakantie|verlof)|"
    r"abwesenheit|abwesend|automatische antwort|nicht im (?:büro|haus)|urlaub\b|außer haus|auto-antwort"
    r")",
    re.IGNORECASE,
)
_PRECEDENCE = ("auto_reply", "auto-reply", "bulk", "junk", "list")
_AUTOMATIC_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply", "x-vacation", "x-fc-machinegenerated", "x-ooo",
)  # fmt: skip


def is_automatic(headers: Mapping[str, str], subject: str) -> bool:
    """Whether no person wrote this. Headers by name in lower case."""
    submitted = headers.get("auto-submitted", "").split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if any(headers.get(name, "").strip().lower() not in ("", "no", "false") for name in _AUTOMATIC_HEADERS):
        return True
    if headers.get("precedence", "").strip().lower() in _PRECEDENCE:
        return True
    return bool(_SUBJECT.match(subject))


_MONTHS = {
    "janvier": 1, "janv": 1, "january": 1, "jan": 1, "januari": 1, "januar": 1, "jänner": 1, "février": 2, "fevrier": 2, "févr": 2, "fév": 2, "february": 2,
    "feb": 2, "februari": 2, "februar": 2, "mars": 3, "march": 3, "mar": 3, "maart": 3, "mrt": 3, "märz": 3, "maerz": 3, "avril": 4, "avr": 4, "april": 4, "apr": 4,
    "mai": 5, "may": 5, "mei": 5, "juin": 6, "june": 6, "jun": 6, "juni": 6, "juillet": 7, "juil": 7, "july": 7, "jul": 7, "juli": 7, "août": 8, "aout": 8, "august": 8, "aug": 8,
    "augustus": 8, "septembre": 9, "sept": 9, "sep": 9, "september": 9, "octobre": 10, "oct": 10, "october": 10, "oktober": 10, "okt": 10, "novembre": 11, "nov": 11,
    "november": 11, "décembre": 12, "decembre": 12, "déc": 12, "dec": 12, "december": 12, "dezember": 12, "dez": 12,
}  # fmt: skip
_NAME = "|".join(sorted(map(re.escape, _MONTHS), key=len, reverse=True))
_WEEKDAY = (
    r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday|maandag|dinsdag|woensdag|donderdag|"
    r"vrijdag|zaterdag|zondag|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven)\.?,?\s+)?"
)
_DAY = (
    rf"{_WEEKDAY}(?:the |den |dem |le |de )?(?:"
    rf"(?P<y1>\d{{4}})-(?P<m1>\d{{1,2}})-(?P<d1>\d{{1,2}})"
    rf"|(?P<d2>\d{{1,2}})\s?[./-]\s?(?P<m2>\d{{1,2}})(?:\s?[./-]\s?(?P<y2>\d{{4}}|\d{{2}})\b|\.|\b)"
    rf"|(?P<d3>\d{{1,2}})(?:er|st|nd|rd|th|e|\.)?\s+(?:of )?(?P<m3>{_NAME})\b\.?(?:,?\s+(?P<y3>\d{{4}}))?"
    rf"|(?P<m4>{_NAME})\b\.?\s+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y4>\d{{4}}))?)"
)
_UNTIL = re.compile(
    rf"(?:jusqu.?\s?(?:au|à|a)|\bau|until|till|through|up to(?: and including)?|\bto|tot en met|t/m|t\.e\.m\.|\btot|bis(?: einschließlich)?(?: zum)?)\s+(?:and including |inclus |einschließlich )?{_DAY}(?P<back>)",
    re.IGNORECASE,
)
_BACK = re.compile(
    rf"(?:de retour|retour(?:nerai)?|serai (?:de nouveau |à nouveau )?(?:présente?|joignable|disponible|là)|reprend(?:rai|s)?(?: \w+)?|rentre(?:rai)?|reviens|reviendrai|"
    rf"(?:be |am |will be )?back(?: (?:in|at) (?:the )?(?:office|work))?|return(?:ing|s)?(?: to (?:the )?(?:office|work))?|available again|"
    rf"terug(?: (?:op kantoor|aanwezig))?|(?:weer|opnieuw) (?:aanwezig|bereikbaar|beschikbaar)|"
    rf"(?:wieder|zurück)(?: (?:im (?:büro|haus)|erreichbar|da|für sie da))?|rückkehr)\s+(?:le|on|from|as of|à partir du|dès le|au|op|vanaf|am|ab(?: dem)?|ist am|:)?\s*{_DAY}",
    re.IGNORECASE,
)
_FROM_DAY_BACK = re.compile(
    rf"(?:\bab(?: dem)?|\bvanaf|\bà partir du|\bdès le|\bfrom|\bam|\bop)\s+{_DAY}[^.\n]{{0,40}}?(?:wieder|zurück|terug|weer|de retour|de nouveau|back|again)",
    re.IGNORECASE,
)


def last_day(text: str, received_on: date) -> date | None:
    """The last day of absence a text names: "until" a day, or the day before the one of return. A year not said is the
    one that makes it nearest. None when it names none, or only days gone by."""
    text = text[:5000]
    days: list[date] = []
    for pattern, back in ((_UNTIL, 0), (_BACK, 1), (_FROM_DAY_BACK, 1)):
        for found in pattern.finditer(text):
            day = _day(found, received_on)
            if day is not None:
                days.append(day - timedelta(days=back))
        if coming := [day for day in days if received_on <= day <= received_on + timedelta(days=400)]:
            return max(coming) if not back else min(coming)
        days.clear()
    return None


def _day(found: re.Match[str], received_on: date) -> date | None:
    part = found.groupdict()
    for n in ("1", "2", "3", "4"):
        if not part[f"d{n}"]:
            continue
        named = part[f"m{n}"].lower()
        month = _MONTHS.get(named) or (int(named) if named.isdigit() else 0)
        day, year = int(part[f"d{n}"]), part[f"y{n}"]
        if month > 12 >= day:
            day, month = month, day  # 05/29/2026
        years = [int(year) + (2000 if len(year) == 2 else 0)] if year else [received_on.year, received_on.year + 1]
        for one in years:
            try:
                made = date(one, month, day)
            except ValueError:
                continue
            if year or made >= received_on - timedelta(days=60):
                return made
    return None
