"""One CAMT entry (Ntry) → movements: the details (TxDtls) of a batch when their amounts sum to it, else the entry."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from integrations.banks import references
from integrations.banks.text import account, cents, joined, reference, tidy
from integrations.banks.values import MAX_ACCOUNT, MAX_NAME, MAX_REFERENCE, MAX_TEXT, Notes, Refused
from integrations.banks.xml_parts import Part, Shapes
from rules.bank import Movement

USTRD = 140  # a full line of free text runs on in the next
MAX_INVOICES = 200

# Sub-families of bank transaction codes that give an earlier movement back.
_RETURNS = frozenset(("RRTN", "UPDD", "PRDD", "ARET", "RPCR", "UPCQ", "CQRV", "UPCT", "RVSL"))
_NOT_BOOKED = frozenset(("PDNG", "INFO", "FUTR"))


class Account(NamedTuple):
    """Whose statement it is."""

    number: str
    currency: str
    holder: str
    bic: str


class Details(NamedTuple):
    """What one TxDtls (or an entry without any) says besides its amount."""

    uid: str = ""
    end_to_end: str = ""
    mandate: str = ""
    name: str = ""
    iban: str = ""
    bic: str = ""
    structured: str = ""
    text: str = ""
    invoices: tuple[str, ...] = ()
    returned: bool = False
    reason: str = ""
    code: str = ""
    foreign_currency: str = ""
    foreign_cents: int = 0


class _Side(NamedTuple):
    """Paths of one side of a payment."""

    name: str
    iban: str
    other: str
    bic: str
    ultimate: str


_DEBTOR, _CREDITOR = (
    _Side(
        f"RltdPties/{side}/Nm",
        f"RltdPties/{side}Acct/Id/IBAN",
        f"RltdPties/{side}Acct/Id/Othr/Id",
        f"RltdAgts/{side}Agt/FinInstnId/BIC",
        f"RltdPties/Ultmt{side}/Nm",
    )
    for side in ("Dbtr", "Cdtr")
)


@lru_cache(4096)
def _day(words: str) -> date:
    return date.fromisoformat(words[:10])


def day_of(words: str, line: int, column: str) -> date:
    """The day of an ISO date or time, as the bank writes it (its own time zone)."""
    try:
        return _day(words)
    except ValueError:
        raise Refused("date_unreadable", line=line, column=column, value=words[:40]) from None


class EntryReader:
    """Reads the entries of one statement."""

    def __init__(self, shapes: Shapes, owner: Account, written_on: date | None, notes: Notes) -> None:
        self.shapes, self.owner, self.written_on, self.notes = shapes, owner, written_on, notes

    def movements(self, text: str, line: int) -> list[Movement]:
        """The movements of an entry; none when it is not booked (yet). `text` is what stands inside <Ntry>."""
        head, *pieces = text.split("<TxDtls>")
        cut = [piece.partition("</TxDtls>") for piece in pieces]
        entry = self.shapes.part(head + "".join(after for _, _, after in cut), line)
        status = entry.get("Sts") or entry.get("Sts/Cd")
        if status in _NOT_BOOKED:
            self.notes.add("entry_not_booked", line, value=status)
            return []
        currency = entry.currency("Amt") or self.owner.currency
        amount = cents(entry.get("Amt"), line, "Amt")
        side = entry.get("CdtDbtInd")
        if side not in ("CRDT", "DBIT"):
            raise Refused("side_unreadable", line=line, column="CdtDbtInd", value=side)
        credit = side == "CRDT"
        signed = amount if credit else -amount
        booked_on, value_on = self._days(entry, line)
        own = _own(entry)
        transactions = [self.shapes.part(body, line) for body, _, _ in cut]
        shares = _shares(transactions, signed, currency, credit, line) if len(transactions) > 1 else []
        if not shares:
            if len(transactions) == 1:
                said = self._details(transactions[0], credit, own, alone=True)
            elif transactions:
                said = _together([self._details(one, credit, own) for one in transactions], own)
            else:
                said = own._replace(structured=references.found_in(own.text))
            if not said.uid:
                said = said._replace(uid=entry.get("NtryRef"))
            return [_movement(line, booked_on, value_on, signed, currency, said, "")]
        batch = entry.get("NtryDtls/Btch/PmtInfId") or entry.get("NtryDtls/Btch/MsgId") or own.uid or entry.get("NtryRef")
        found = []
        at = line + head.count("\n")
        for one, share, piece in zip(transactions, shares, pieces, strict=True):
            said = self._details(one, credit, own)
            found.append(_movement(at, booked_on, value_on, share, currency, said, batch or f"entry {line}"))
            at += piece.count("\n")
        return found

    def _days(self, entry: Part, line: int) -> tuple[date, date | None]:
        """Booking and value date; without either, the day the message was made."""
        booked = entry.get("BookgDt/Dt") or entry.get("BookgDt/DtTm")
        value = entry.get("ValDt/Dt") or entry.get("ValDt/DtTm")
        value_on = day_of(value, line, "ValDt") if value else None
        if booked:
            return day_of(booked, line, "BookgDt"), value_on
        if value_on is not None:
            return value_on, value_on
        if self.written_on is None:
            raise Refused("date_unreadable", line=line, column="BookgDt", value="")
        self.notes.add("day_of_message", line)
        return self.written_on, None

    def _details(self, one: Part, credit: bool, own: Details, alone: bool = False) -> Details:
        """Everything a TxDtls says, completed by its entry, whose id is also its own when it is `alone` in it."""
        code = _code(one) or own.code
        reason = one.get("RtrInf/Rsn/Cd") or one.get("RtrInf/Rsn/Prtry")
        returned = own.returned or bool(reason) or one.has("RtrInf") or code[-4:] in _RETURNS
        name, iban, bic, ultimate = self._party(one, credit != returned)
        text, structured, invoices = _remittance(one)
        text = text or tidy(one.get("AddtlTxInf")) or own.text
        if ultimate and ultimate != name:
            text = f"{text} {ultimate}".strip()
        currency, foreign = self._foreign(one)
        uid = one.get("Refs/AcctSvcrRef") or (own.uid if alone else "")
        return Details(
            uid or one.get("Refs/TxId") or one.get("Refs/UETR") or one.get("Refs/InstrId") or own.uid,
            reference(one.get("Refs/EndToEndId")),
            reference(one.get("Refs/MndtId")),
            name,
            iban,
            bic,
            references.bare(structured, text),
            text,
            invoices,
            returned,
            reason,
            code,
            currency,
            foreign,
        )

    def _party(self, one: Part, from_debtor: bool) -> tuple[str, str, str, str]:
        """Name, account, BIC and ultimate party of the other side: the debtor of money in, the creditor of money out.

        What is returned keeps the sides of the first movement. A side that is ourselves is never the other one."""
        for side in (_DEBTOR, _CREDITOR) if from_debtor else (_CREDITOR, _DEBTOR):
            iban = account(one.get(side.iban) or one.get(side.other))
            name = tidy(one.get(side.name))
            if iban and iban == self.owner.number:
                continue
            if not iban and name and name.casefold() == self.owner.holder.casefold():
                continue
            ultimate = tidy(one.get(side.ultimate))
            if iban or name or ultimate:
                return name or ultimate, iban, one.get(side.bic), ultimate
        return "", "", "", ""

    def _foreign(self, one: Part) -> tuple[str, int]:
        """Amount and currency of the order when they are not the account's."""
        if not self.owner.currency or not one.has("AmtDtls"):
            return "", 0
        for path in ("AmtDtls/InstdAmt/Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt"):
            currency = one.currency(path)
            if currency and currency != self.owner.currency:
                return currency, cents(one.get(path), 0, path)
        return "", 0


def _own(entry: Part) -> Details:
    """What an entry says itself."""
    code = _code(entry)
    reversal = entry.get("RvslInd") in ("true", "1")
    return Details(
        entry.get("AcctSvcrRef"), text=tidy(entry.get("AddtlNtryInf")), code=code, returned=reversal or code[-4:] in _RETURNS
    )


def _code(part: Part) -> str:
    """Domain, family and sub-family joined by hyphens, else the bank's own code."""
    domain = part.get("BkTxCd/Domn/Cd")
    if domain:
        return f"{domain}-{part.get('BkTxCd/Domn/Fmly/Cd')}-{part.get('BkTxCd/Domn/Fmly/SubFmlyCd')}".rstrip("-")
    return part.get("BkTxCd/Prtry/Cd")


def _shares(transactions: list[Part], total: int, currency: str, credit: bool, line: int) -> list[int]:
    """The signed cents of each detail; none when one has no amount or they do not sum to the entry."""
    shares = []
    for one in transactions:
        path = next(
            (
                path
                for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
                if one.has(path) and one.currency(path) in (currency, "")
            ),
            "",
        )
        if not path:
            return []
        value = cents(one.get(path), line, "TxDtls/Amt")
        side = one.get("CdtDbtInd")
        shares.append(value if (side == "CRDT" if side else credit) else -value)
    return shares if sum(shares) == total else []


def _remittance(one: Part) -> tuple[str, str, tuple[str, ...]]:
    """Free text, structured reference and numbers of invoices."""
    text = joined(one.all("RmtInf/Ustrd"), USTRD)
    if not one.has("RmtInf/Strd"):
        return text, "", ()
    given = one.all("RmtInf/Strd/CdtrRefInf/Ref") or one.all("RmtInf/Strd/CdtrRefInf/CdtrRef")
    given = list(dict.fromkeys(given))
    more = one.all("RmtInf/Strd/AddtlRmtInf")
    if len(given) > 1:  # several references in one payment: none of them is its own
        more += given
    numbers = one.all("RmtInf/Strd/RfrdDocInf/Nb") or one.all("RmtInf/Strd/RfrdDocInf/RfrdDocNb")
    invoices = tuple(number[:MAX_REFERENCE] for number in dict.fromkeys(numbers))[:MAX_INVOICES]
    return tidy(" ".join([text, *more])), given[0] if len(given) == 1 else "", invoices


def _together(read: list[Details], own: Details) -> Details:
    """Details that cannot be counted apart, as one: what they agree on, and all their texts."""
    texts = list(dict.fromkeys(one.text for one in read if one.text))
    same: dict[str, Any] = {}
    for name in ("end_to_end", "mandate", "name", "iban", "bic", "structured", "reason", "code"):
        values = {getattr(one, name) for one in read}
        same[name] = values.pop() if len(values) == 1 else ""
    if not same["structured"]:
        texts += [one.structured for one in read if one.structured]
    return own._replace(
        **same,
        text=tidy(" ".join(texts)),
        invoices=tuple(dict.fromkeys(number for one in read for number in one.invoices))[:MAX_INVOICES],
        returned=any(one.returned for one in read),
    )


def _movement(
    line: int, booked_on: date, value_on: date | None, signed: int, currency: str, said: Details, batch: str
) -> Movement:
    return Movement(
        line,
        booked_on,
        signed,
        currency,
        value_on,
        said.uid[:MAX_REFERENCE],
        said.name[:MAX_NAME],
        said.iban[:MAX_ACCOUNT],
        said.bic[:MAX_ACCOUNT],
        said.structured[:MAX_REFERENCE],
        said.end_to_end[:MAX_REFERENCE],
        said.text[:MAX_TEXT],
        said.invoices,
        said.code[:MAX_REFERENCE],
        said.returned,
        said.reason[:MAX_REFERENCE],
        said.mandate[:MAX_REFERENCE],
        batch[:MAX_REFERENCE],
        said.foreign_currency[:3],
        said.foreign_cents,
    )
