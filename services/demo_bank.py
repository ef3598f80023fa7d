"""The demo company's bank statement of its last week, as its bank would send it: one CAMT.053 file.

It shows what the ledger has already, payments of the last hours that the ledger does not know yet (most of them name
their invoice, some say little), a direct debit given back, money nobody can place, and what the company itself paid.

>>> story = make_story(Size(customers=20, years=1, on=date(2026, 5, 19)))
>>> statement(story, "FR7630006000011234567890189", "Cartonnerie des Flandres")[:38]
b'<?xml version="1.0" encoding="UTF-8"?>'
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple
from xml.sax.saxutils import escape

from rules.ledger import Kind
from services.demo_habits import working_day_before
from services.demo_names import dice
from services.demo_story import Move, Size, Story, left_of, make_story

__all__ = ["Size", "make_story", "statement"]

DAYS = 7
AHEAD_DAYS, FRESH, VAGUE = 21, 8, 7
OPENING_CENTS = 14_820_533
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
STRANGE = ("MUTUELLE DES ARTISANS DU NORD", 128_450, "INDEMNITE SINISTRE 24/0118")
OUT = (
    ("PAPETERIES DE L AA", -684_219, "FACT 88213"),
    ("URSSAF NORD PAS DE CALAIS", -912_600, "COTISATIONS"),
    ("", -1_840, "FRAIS DE TENUE DE COMPTE"),
)


class Entry(NamedTuple):
    """A movement of the statement; `returned`: the reason code of a payment given back."""

    on: date
    cents: int
    name: str
    text: str
    party: int = -1
    end_to_end: str = ""
    returned: str = ""


def statement(story: Story, iban: str, holder: str, currency: str = "EUR") -> bytes:
    """The last week of an account, up to the last day of the story."""
    entries = sorted(_entries(story), key=lambda one: (one.on, one.cents, one.name))
    closing = OPENING_CENTS + sum(one.cents for one in entries)
    on = story.size.on
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<Document xmlns="{NAMESPACE}"><BkToCstmrStmt>',
        f"<GrpHdr><MsgId>REL{on:%Y%m%d}</MsgId><CreDtTm>{on}T05:40:00</CreDtTm></GrpHdr>",
        f"<Stmt><Id>{iban[-6:]}{on:%Y%m%d}</Id><ElctrncSeqNb>{on.isocalendar().week}</ElctrncSeqNb>",
        f"<CreDtTm>{on}T05:40:00</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy>",
        f"<Ownr><Nm>{escape(holder)}</Nm></Ownr></Acct>",
        _balance("OPBD", OPENING_CENTS, on - timedelta(days=DAYS - 1), currency),
        _balance("CLBD", closing, on, currency),
        *(_entry(one, number, story, currency) for number, one in enumerate(entries, 1)),
        "</Stmt></BkToCstmrStmt></Document>",
    ]
    return "\n".join(parts).encode()


def _entries(story: Story) -> Iterator[Entry]:
    on = story.size.on
    first = on - timedelta(days=DAYS)
    chance = dice(story.size.seed, "bank", story.size.country)
    for move in story.moves:
        if move.kind is Kind.PAYMENT and move.against == "512000" and first < move.day <= on:
            yield _of_ledger(story, move)
    fresh = _fresh(story)
    yesterday = working_day_before(on - timedelta(days=1))
    for place, (party, pieces, cents) in enumerate(fresh[:FRESH]):
        name = _at_bank(story.parties[party].name)
        text = ("FACTURE " if place % 2 else "VIR ") + " ".join(pieces)
        yield Entry(on if place % 3 else yesterday, cents, name, text, party)
    for place, (party, pieces, cents) in enumerate(fresh[FRESH : FRESH + VAGUE]):
        yield _vague(story, party, pieces, cents, place)
    yield Entry(yesterday, STRANGE[1], STRANGE[0], STRANGE[2])
    yield from _given_back(story, yesterday)
    for name, cents, text in OUT:
        yield Entry(working_day_before(on - timedelta(days=chance.randint(0, DAYS - 2))), cents, name, text)


def _vague(story: Story, party: int, pieces: list[str], cents: int, place: int) -> Entry:
    """A payment that says little: for a person to confirm, or to know."""
    number, name = pieces[0], _at_bank(story.parties[party].name)
    told = (
        Entry(story.size.on, cents * 98 // 100, name, "REGLEMENT SOUS DEDUCTION ESCOMPTE"),
        Entry(story.size.on, cents, name.split()[0] + " SERVICES GROUPE", f"FACT {number[2:4]}/{int(number[4:] or 0)}"),
        Entry(story.size.on, cents * 2 // 5, name, "ACOMPTE SUIVANT ACCORD"),
        Entry(story.size.on, cents - 1_250, name, f"{number[:-2]}{number[:-3:-1]} FRAIS DEDUITS"),
        Entry(story.size.on, cents, name, ""),
        Entry(story.size.on, cents, "TRESORERIE CENTRALE", f"POUR COMPTE {name.split()[-1]}"),
        Entry(story.size.on, cents - 1_500, name, f"REGLT {number}"),
    )
    return told[place % len(told)]._replace(party=party)


def _of_ledger(story: Story, move: Move) -> Entry:
    return Entry(move.day, -move.cents, _at_bank(story.parties[move.party].name), move.piece or "VIREMENT", move.party)


def _fresh(story: Story) -> list[tuple[int, list[str], int]]:
    """What customers pay soonest after the last day, wholly: (customer, invoices, cents). One payment each."""
    on = story.size.on
    groups: dict[tuple[int, int], list[Move]] = {}
    for move in story.open_on(on):
        groups.setdefault((move.party, move.group), []).append(move)
    left = {key: left_of(group) for key, group in groups.items()}
    soon = {
        (move.party, move.group): move.day
        for move in reversed(story.moves)
        if move.kind is Kind.PAYMENT and on < move.day <= on + timedelta(days=AHEAD_DAYS)
    }
    found: dict[int, tuple[int, list[str], int]] = {}
    for key in sorted(soon, key=lambda one: (soon[one], one)):
        debits = [(move, cents) for move, cents in left.get(key, []) if cents > 0]
        if debits and key[0] not in found and len(debits) < 4:
            found[key[0]] = key[0], [move.piece for move, _ in debits], sum(cents for _, cents in debits)
    return list(found.values())


def _given_back(story: Story, day: date) -> Iterator[Entry]:
    """The latest direct debit that the ledger has as paid comes back for want of money."""
    debited = [
        move for move in story.moves
        if move.kind is Kind.PAYMENT and story.parties[move.party].method == "direct_debit" and day - timedelta(days=25) <= move.day < day
        and move.complete_on is not None and move.complete_on <= day
    ]  # fmt: skip
    if debited:
        move = debited[-1]
        name = _at_bank(story.parties[move.party].name)
        yield Entry(day, move.cents, name, f"REJET PRLV {move.piece}", move.party, move.piece, "AM04")


def _at_bank(name: str) -> str:
    """A name as banks pass it on: capitals, no more than 35 signs."""
    return name.upper()[:35].strip()


def _balance(code: str, cents: int, on: date, currency: str) -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f"<Bal>{kind}{_amount(cents, currency)}<Dt><Dt>{on}</Dt></Dt></Bal>"


def _amount(cents: int, currency: str) -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    whole, rest = divmod(abs(cents), 100)
    return f'<Amt Ccy="{currency}">{whole}.{rest:02}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _entry(one: Entry, number: int, story: Story, currency: str) -> str:
    who = "Dbtr" if one.cents > 0 or one.returned else "Cdtr"
    agreed = f"<EndToEndId>{escape(one.end_to_end)}</EndToEndId>" if one.end_to_end else "<EndToEndId>NOTPROVIDED</EndToEndId>"
    account = f"<{who}Acct><Id><IBAN>{_iban(one.party)}</IBAN></Id></{who}Acct>" if one.party >= 0 else ""
    party = f"<RltdPties><{who}><Pty><Nm>{escape(one.name)}</Nm></Pty></{who}>{account}</RltdPties>" if one.name else ""
    back = f"<RtrInf><Rsn><Cd>{one.returned}</Cd></Rsn></RtrInf>" if one.returned else ""
    reference = f"{story.size.on:%y%m%d}{number:04}"
    family = "<Domn><Cd>PMNT</Cd><Fmly><Cd>{}</Cd><SubFmlyCd>{}</SubFmlyCd></Fmly></Domn>".format(
        *(("IDDT", "UPDD") if one.returned else ("RCDT", "ESCT") if one.cents > 0 else ("ICDT", "ESCT"))
    )
    return (
        f"<Ntry><NtryRef>{number}</NtryRef>{_amount(one.cents, currency)}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{one.on}</Dt></BookgDt><ValDt><Dt>{one.on}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<BkTxCd>{family}</BkTxCd><NtryDtls><TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef>{agreed}</Refs>"
        f"{_amount(one.cents, currency)}{party}<RmtInf><Ustrd>{escape(one.text)}</Ustrd></RmtInf>{back}</TxDtls></NtryDtls></Ntry>"
    )


def _iban(party: int) -> str:
    """An account of a customer, in France, its check digits right."""
    bban = f"3000400{party:03}{party * 7919 % 10**11:011}{party % 97:02}"
    return f"FR{98 - int(bban + '152700') % 97:02}{bban}"
