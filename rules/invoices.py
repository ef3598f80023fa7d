"""What an electronic invoice says, in our words. Readers (`integrations.invoices`) make these values, services make
items of them. Amounts are integer cents of the invoice's currency, signed as in our ledger: a credit note is negative.

A credit note of type 381 says 100.00, one of type 380 says −100.00: both take 100.00 from what the customer owes.

>>> signed("381", 10_000), signed("380", -10_000), signed("381", -10_000), signed("380", 10_000)
(-10000, -10000, -10000, 10000)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from rules.ledger import Remark
from rules.words import fold

CREDIT_TYPES = frozenset(("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"))
"""UNTDID 1001: documents whose positive amounts are credits."""

PATIENCE = timedelta(days=10)
"""A ledger that reaches this far beyond an invoice's day must hold the invoice."""


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or buyer as the invoice names it; "" where it does not say."""

    name: str = ""
    company_number: str = ""  # SIREN/SIRET, KBO/BCE
    vat_number: str = ""
    endpoint: str = ""  # electronic address with its scheme: 0208:0123456789
    own_number: str = ""  # our number of this customer, when the invoice carries it
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""  # ISO 3166 two letters
    contact_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file carried with the invoice. kind: invoice_pdf, invoice_xml or attachment, as `Document.kind`."""

    name: str
    media_type: str
    content: bytes
    kind: str = "attachment"


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice or credit note. `payable_cents` is what is still owed at issue (total less prepaid), signed."""

    format: str  # ubl, cii, facturx, zugferd1
    number: str
    type_code: str  # 380, 381, 384, 386, 389, 326 …
    issued_on: date
    due_on: date | None
    currency: str
    total_cents: int  # tax included, signed
    prepaid_cents: int
    payable_cents: int
    seller: Party
    buyer: Party
    file: str = ""  # the file, or the file inside an archive, it was read from
    payment_reference: str = ""  # OGM/VCS or RF bare, or as given
    iban: str = ""  # to be paid to
    method: str = ""  # transfer, direct_debit, card, cheque, …: as Item.method
    order_reference: str = ""
    credited: tuple[str, ...] = ()  # numbers of the invoices it credits or corrects
    terms_text: str = ""
    terms_days: int | None = None  # read from text such as "30 jours net", only when certain
    is_interest: bool = False  # bills late interest or recovery costs: never charged interest itself
    attachments: tuple[Attachment, ...] = ()
    remarks: tuple[Remark, ...] = field(default=())

    @property
    def is_credit(self) -> bool:
        """Whether it takes from what the customer owes: a 381, or a 380/384 with a negative total."""
        return self.total_cents < 0


def signed(type_code: str, cents: int) -> int:
    """An amount as our ledger counts it. A credit note's amount is a credit whichever sign it is written with."""
    return -abs(cents) if type_code in CREDIT_TYPES else cents


# Who is who

_LEGAL = frozenset(
    [
        "sa",
        "sas",
        "sasu",
        "sarl",
        "eurl",
        "sci",
        "snc",
        "scop",
        "selarl",
        "earl",
        "gie",
        "sprl",
        "srl",
        "bvba",
        "bv",
        "nv",
        "asbl",
        "vzw",
        "cvba",
        "scrl",
        "sc",
        "cv",
        "gmbh",
        "ag",
        "kg",
        "ug",
        "ohg",
        "ev",
        "mbh",
        "co",
        "ltd",
        "limited",
        "llc",
        "inc",
        "plc",
        "ab",
        "as",
        "oy",
        "aps",
        "spa",
        "ets",
        "cie",
        "societe",
    ]
)


def identities(*numbers: str) -> frozenset[str]:
    """What VAT numbers, company numbers and electronic addresses say of one firm, made comparable: the SIREN in a
    French VAT number or SIRET, the ten digits of a Belgian one.

    >>> identities("FR19 787878784") & identities("78787878400035"), identities("BE 0477.472.701") & identities("0208:0477472701")
    (frozenset({'787878784'}), frozenset({'0477472701'}))
    >>> identities("", "n/a")
    frozenset()
    """
    found = set()
    for number in numbers:
        bare = "".join(sign for sign in number.rpartition(":")[2].upper() if sign.isalnum() and sign.isascii())
        if sum(sign.isdigit() for sign in bare) < 7:
            continue
        if bare.startswith("FR") and len(bare) == 13:
            bare = bare[4:]
        elif bare.startswith("BE") and bare[2:].isdigit():
            bare = bare[2:].zfill(10)
        elif bare.isdigit() and len(bare) == 14:
            bare = bare[:9]
        found.add(bare)
    return frozenset(found)


def bare_name(name: str) -> str:
    """A firm's name without its legal form, signs and case, its words in order.

    >>> bare_name("S.A.R.L. Dupont & Fils"), bare_name("Dupont et Fils SARL")
    ('dupont fils', 'dupont et fils')
    """
    words = re.findall(r"[a-z0-9]+", fold(name).replace(".", ""))
    return " ".join(word for word in words if word not in _LEGAL) or " ".join(words)


# Terms of payment in words

_SKONTO = re.compile(r"#SKONTO#TAGE=(\d{1,3})#PROZENT=(\d{1,2}(?:\.\d+)?)#(?:BASISBETRAG=-?[\d.]+#)?", re.IGNORECASE)
_UNIT = r"(?:jours?|days?|tage?n?|kalendertagen?|dagen|dagar|jrs|d)"
_NET = r"(?:nets?|netto|strictly net)"
_EXACT = re.compile(
    r"(?:(?:conditions? de )?(?:paiement|reglement)|payable|payment(?: terms)?|terms|due|zahlbar|zahlung|zahlungsziel|"
    r"betaling|betaalbaar|delai de (?:paiement|reglement)|echeance)?\s*:?\s*(?:a|sous|dans les|within|in|innerhalb|binnen|"
    r"innerhalb von)?\s*"
    rf"(?:{_NET}\s+(?P<after>\d{{1,3}})(?:\s*{_UNIT})?|(?P<days>\d{{1,3}})\s*{_UNIT}(?:\s+{_NET})?"
    r"(?:\s+(?:date de facture|a compter de la date de facture|from (?:the )?invoice date|nach rechnungsdatum|"
    r"factuurdatum|na factuurdatum|ohne abzug))?)"
)
_NET_DAYS = re.compile(rf"(?P<days>\d{{1,3}})\s*{_UNIT}\s+{_NET}\b|\b{_NET}\s+(?P<after>\d{{1,3}})\s*{_UNIT}\b")
_MORE = re.compile(r"fin (?:de|du) mois|fdm|end of month|\beom\b|monatsende|einde maand|\bmois\b|\bmonth|\bmaand|\bmonat")


def terms_days(text: str) -> int | None:
    """The days of a text that says nothing but "n days net", or says it once beside a discount; else None.

    An early payment discount (`#SKONTO#…#PROZENT=2.00#`) is not a due date; at 0 per cent it is one.

    >>> terms_days("PAIEMENT 30 JOURS NET"), terms_days("Payment within 30 days"), terms_days("Net 60")
    (30, 30, 60)
    >>> terms_days("Zahlbar innerhalb 30 Tagen netto bis 04.07.2018, 3% Skonto innerhalb 10 Tagen bis 15.06.2018")
    30
    >>> terms_days("#SKONTO#TAGE=7#PROZENT=2.00#"), terms_days("#SKONTO#TAGE=14#PROZENT=0.00#")
    (None, 14)
    >>> terms_days("30 jours fin de mois"), terms_days("Payment within 10 days, 2% discount")
    (None, None)
    """
    full = {int(days) for days, percent in _SKONTO.findall(text) if float(percent) == 0}
    rest = fold(_SKONTO.sub(" ", text)).strip(" .;,#")
    if not rest:
        return full.pop() if len(full) == 1 else None
    if _MORE.search(rest):
        return None
    exact = _EXACT.fullmatch(rest)
    if exact:
        return int(exact["days"] or exact["after"])
    found = {int(one["days"] or one["after"]) for one in _NET_DAYS.finditer(rest)}
    return found.pop() if len(found) == 1 else None


# Interest invoices

_INTEREST = re.compile(
    r"interets? (?:de retard|moratoires?|pour retard)|penalites? (?:de|pour) (?:retard|paiement tardif)|"
    r"majorations? (?:de|pour) retard|indemnites? forfaitaires?|frais de recouvrement|"
    r"verzugszins\w*|verzugspauschale|mahngebuhr\w*|mahnkosten|mahnpauschale|"
    r"verwijlint(?:e|r)\w*|nalatigheidsint\w*|schadebeding|forfaitaire (?:schade)?vergoeding|invorderingskosten|"
    r"late[- ]payment (?:interest|charge|fee|compensation)|(?:default|overdue|penalty) interest|interest on (?:late|overdue)|"
    r"late fees?|recovery costs?|drojsmalsrant\w*|rantekostnad\w*|paminnelseavgift\w*|"
    r"morarent\w*|interes(?:es)? de demora|interessi di mora"
)
_MENTION = re.compile(r"\b(?:en cas de|tout retard|exigible|in case of|bei verzug|im falle|bij laattijdige|any late)\b")


def is_interest(lines: Iterable[tuple[str, int]], titles: Iterable[str] = ()) -> bool:
    """Whether an invoice bills late interest or recovery costs: each line that has an amount says so, or, where an
    invoice has no lines, its title does. What every invoice must mention about late payment is no billing.

    >>> is_interest([("Intérêts de retard facture F12", 1_250), ("Indemnité forfaitaire", 4_000)])
    True
    >>> is_interest([("Conseil", 100_000)], ["Indemnité forfaitaire en cas de retard de paiement : 40 €"])
    False
    >>> is_interest([], ["Intérêts de retard"])
    True
    """
    said = [bool(_INTEREST.search(fold(text))) for text, cents in lines if cents]
    if said:
        return all(said)
    return any(_INTEREST.search(one) and not _MENTION.search(one) and len(one) <= 80 for one in map(fold, titles))


# One invoice, known twice

_DIGITS = re.compile(r"\d+")
_NEARLY = timedelta(days=3)
_NEAR = timedelta(days=45)
_SAME_YEAR = timedelta(days=300)


class Numbered(NamedTuple):
    """An invoice as one of two sides knows it. `amounts`: any of them is its amount (total, or what is payable)."""

    ref: int
    whose: Hashable  # customer and currency
    number: str
    on: date
    amounts: tuple[int, ...]


def number_keys(number: str) -> set[str]:
    """What an invoice number may be known by: its signs, its groups of digits, its digits; without separators, case,
    the letters in front and leading zeros.

    >>> number_keys("FA-2024/0012") & number_keys("20240012"), number_keys("FAC 000123") & number_keys("123")
    ({'20240012'}, {'123'})
    >>> number_keys(" - ")
    set()
    """
    groups = _DIGITS.findall(number)
    bare = [one.lstrip("0") for one in groups]
    found = {_plain(number), "".join(groups).lstrip("0")}
    if len(bare) > 1:
        found.add("/".join(bare))
    return found - {""}


def ends_alike(one: str, other: str) -> bool:
    """Whether one number is the other without the year or the series in front: at least three digits agree.

    >>> ends_alike("F2026-0112", "112"), ends_alike("F12", "F120"), ends_alike("12", "2012")
    (True, False, False)
    >>> ends_alike("F-2026-0012", "0012")
    True
    """
    longer, shorter = sorted(("".join(_DIGITS.findall(text)) for text in (one, other)), key=len, reverse=True)
    return any(len(end) >= 3 and longer.endswith(end) for end in (shorter, shorter.lstrip("0")))


def pair(known: Sequence[Numbered], others: Iterable[Numbered]) -> dict[int, tuple[int, bool]]:
    """Which of the others is each known invoice: ref → (ref of the other, whether the amounts agree). Each is used once.

    Always of one customer and currency; then, surest first: same number and amount within a year; a number written
    short, the same amount and nearly the same day, when only one fits; the very same number with another amount of the
    same sign within weeks.

    >>> mine = Numbered(1, "DUPONT", "FA-2026/0012", date(2026, 3, 2), (12_100,))
    >>> pair([mine], [Numbered(7, "DUPONT", "20260012", date(2026, 3, 2), (12_100,))])
    {1: (7, True)}
    """
    by_amount: dict[tuple[Hashable, int], list[Numbered]] = {}
    by_number: dict[tuple[Hashable, str], list[Numbered]] = {}
    for one in others:
        for cents in set(one.amounts) if one.number else ():
            by_amount.setdefault((one.whose, cents), []).append(one)
        if _plain(one.number):
            by_number.setdefault((one.whose, _sure(one.number)), []).append(one)
    found: dict[int, tuple[int, bool]] = {}
    used: set[int] = set()

    def look(fitting: Callable[[Numbered], list[Numbered]], agree: bool, *, alone: bool = False) -> None:
        for mine in known:
            left = [] if mine.ref in found else [one for one in fitting(mine) if one.ref not in used]
            if left and not (alone and len(left) > 1):
                best = min(left, key=lambda one: abs(one.on - mine.on))
                found[mine.ref] = best.ref, agree
                used.add(best.ref)

    def equal(mine: Numbered) -> list[Numbered]:
        return [one for cents in set(mine.amounts) for one in by_amount.get((mine.whose, cents), ())]

    def exact(mine: Numbered) -> list[Numbered]:
        keys = number_keys(mine.number)
        return [one for one in equal(mine) if abs(one.on - mine.on) <= _SAME_YEAR and keys & number_keys(one.number)]

    def short(mine: Numbered) -> list[Numbered]:
        return [one for one in equal(mine) if abs(one.on - mine.on) <= _NEARLY and ends_alike(mine.number, one.number)]

    def another(mine: Numbered) -> list[Numbered]:
        same = by_number.get((mine.whose, _sure(mine.number)), ()) if _plain(mine.number) else ()
        return [one for one in same if abs(one.on - mine.on) <= _NEAR and one.amounts[0] * mine.amounts[0] > 0]

    look(exact, True)
    look(short, True, alone=True)
    look(another, False)
    return found


def _plain(number: str) -> str:
    return "".join(sign for sign in fold(number) if sign.isalnum())


def _sure(number: str) -> str:
    """The number without separators and leading zeros; its letters count."""
    return _plain(number).lstrip("0")
