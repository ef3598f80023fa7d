"""One CAMT entry (Ntry) → movements: the details (TxDtls) of a batch when their amounts sum to it, else the entry."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from integrations.banks import references
from integrations.banks.text import account, cents, joined, reference, tidy
from integrations.banks.values import MAX_ACCOUNT, MAX_NAME, MAX_REFERENCE, MAX_TEXT, Notes, Refused
from rules.bank import Movement

USTRD = 140  # a full line of free text runs on in the next

# Sub-families of bank transaction codes that give an earlier movement back.
_RETURNS = frozenset("RRTN UPDD PRDD ARET RPCR UPCQ CQRV UPCT RVSL".split())


class Names(dict[Any, str]):
    """Full tag → local name."""

    def __missing__(self, tag: Any) -> str:
        name = self[tag] = str(tag).rpartition("}")[2]
        return name


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


def find(names: Names, element: Any, name: str) -> Any:
    """The first child of a name, None when there is none."""
    for child in element:
        if names[child.tag] == name:
            return child
    return None


def text_of(names: Names, element: Any, *path: str) -> str:
    """The text at the end of a path of local names, "" when it is not there."""
    for name in path:
        element = find(names, element, name)
        if element is None:
            return ""
    return (element.text or "").strip()


@lru_cache(4096)
def _day(words: str) -> date:
    return date.fromisoformat(words[:10])


def day_of(words: str, line: int, column: str) -> date:
    """The day of an ISO date or time, as the bank writes it (its own time zone)."""
    try:
        return _day(words.strip())
    except ValueError:
        raise Refused("date_unreadable", line=line, column=column, value=words[:40]) from None


class EntryReader:
    """Reads the entries of one statement."""

    def __init__(self, names: Names, owner: Account, written_on: date | None, notes: Notes) -> None:
        self.names, self.owner, self.written_on, self.notes = names, owner, written_on, notes

    def movements(self, entry: Any) -> list[Movement]:
        """The movements of an entry; none when it is not booked (yet)."""
        names = self.names
        parts = {names[child.tag]: child for child in entry}
        line = entry.sourceline or 1
        status = self._status(parts)
        if status in ("PDNG", "INFO", "FUTR"):
            self.notes.add("entry_not_booked", line, value=status)
            return []
        if "Amt" not in parts:
            raise Refused("amount_unreadable", line=line, column="Amt", value="")
        currency = parts["Amt"].get("Ccy") or self.owner.currency
        amount = cents(parts["Amt"].text or "", line, "Amt")
        side = (parts["CdtDbtInd"].text or "").strip() if "CdtDbtInd" in parts else ""
        if side not in ("CRDT", "DBIT"):
            raise Refused("side_unreadable", line=line, column="CdtDbtInd", value=side)
        credit = side == "CRDT"
        reversal = "RvslInd" in parts and (parts["RvslInd"].text or "").strip() in ("true", "1")
        booked_on, value_on = self._days(parts, line)
        own = Details(
            uid=self._text(parts, "AcctSvcrRef"),
            text=tidy(self._text(parts, "AddtlNtryInf")),
            code=self._code(parts["BkTxCd"]) if "BkTxCd" in parts else "",
        )
        own = own._replace(returned=reversal or own.code.rpartition("-")[2] in _RETURNS)
        transactions, batch = self._transactions(entry)
        signed = amount if credit else -amount
        read = [self._details(one, credit, own, len(transactions) == 1) for one in transactions]
        cents_of = self._shares(transactions, signed, currency, credit) if len(transactions) > 1 else []
        if cents_of:
            group = batch or own.uid or f"entry {line}"
            return [
                self._movement(one.sourceline or line, booked_on, value_on, share, currency, details, group)
                for one, share, details in zip(transactions, cents_of, read, strict=True)
            ]
        details = read[0] if len(read) == 1 else _together(read, own) if read else _only(own)
        details = details if details.uid else details._replace(uid=self._text(parts, "NtryRef"))
        return [self._movement(line, booked_on, value_on, signed, currency, details, "")]

    def _movement(
        self, line: int, booked_on: date, value_on: date | None, signed: int, currency: str, said: Details, batch: str
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

    def _text(self, parts: dict[str, Any], name: str) -> str:
        return (parts[name].text or "").strip() if name in parts else ""

    def _status(self, parts: dict[str, Any]) -> str:
        """BOOK, PDNG, INFO …: a text until version 7, a code inside since."""
        if "Sts" not in parts:
            return ""
        return self._text(parts, "Sts") or text_of(self.names, parts["Sts"], "Cd")

    def _days(self, parts: dict[str, Any], line: int) -> tuple[date, date | None]:
        found = {}
        for name in ("BookgDt", "ValDt"):
            if name in parts:
                for child in parts[name]:
                    if child.text:
                        found[name] = day_of(child.text, line, name)
        booked_on = found.get("BookgDt") or found.get("ValDt")
        if booked_on is None:
            booked_on = self.written_on
            if booked_on is None:
                raise Refused("date_unreadable", line=line, column="BookgDt", value="")
            self.notes.add("day_of_message", line)
        return booked_on, found.get("ValDt")

    def _code(self, element: Any) -> str:
        """Domain, family and sub-family joined by hyphens, else the bank's own code."""
        names = self.names
        domain = find(names, element, "Domn")
        if domain is not None:
            family = find(names, domain, "Fmly")
            below = [text_of(names, family, "Cd"), text_of(names, family, "SubFmlyCd")] if family is not None else []
            return "-".join(part for part in (text_of(names, domain, "Cd"), *below) if part)
        return text_of(names, element, "Prtry", "Cd")

    def _transactions(self, entry: Any) -> tuple[list[Any], str]:
        """All TxDtls of an entry and the id of its batch."""
        names = self.names
        found: list[Any] = []
        batch = ""
        for block in entry:
            if names[block.tag] == "NtryDtls":
                for child in block:
                    if names[child.tag] == "TxDtls":
                        found.append(child)
                    elif names[child.tag] == "Btch":
                        batch = batch or text_of(names, child, "PmtInfId") or text_of(names, child, "MsgId")
        return found, batch

    def _shares(self, transactions: list[Any], total: int, currency: str, credit: bool) -> list[int]:
        """The signed cents of each detail; none when one has no amount or they do not sum to the entry."""
        shares = []
        for one in transactions:
            share = self._share(one, currency, credit)
            if share is None:
                return []
            shares.append(share)
        return shares if sum(shares) == total else []

    def _share(self, one: Any, currency: str, credit: bool) -> int | None:
        names = self.names
        amount = find(names, one, "Amt")
        if amount is None:
            inside = find(names, one, "AmtDtls")
            for name in ("TxAmt", "InstdAmt"):
                kind = find(names, inside, name) if inside is not None else None
                amount = find(names, kind, "Amt") if kind is not None else None
                if amount is not None and amount.get("Ccy") == currency:
                    break
        if amount is None or amount.get("Ccy", currency) != currency:
            return None
        value = cents(amount.text or "", amount.sourceline or 1, "TxDtls/Amt")
        side = text_of(names, one, "CdtDbtInd")
        return value if (side == "CRDT" if side else credit) else -value

    def _details(self, one: Any, credit: bool, own: Details, alone: bool) -> Details:
        """Everything a TxDtls says, completed by its entry, whose id is also its own when it is `alone` in it."""
        names = self.names
        parts = {names[child.tag]: child for child in one}
        refs = {names[child.tag]: (child.text or "").strip() for child in parts["Refs"]} if "Refs" in parts else {}
        code = (self._code(parts["BkTxCd"]) if "BkTxCd" in parts else "") or own.code
        reason = ""
        if "RtrInf" in parts:
            reason = text_of(names, parts["RtrInf"], "Rsn", "Cd") or text_of(names, parts["RtrInf"], "Rsn", "Prtry")
        returned = own.returned or "RtrInf" in parts or code.rpartition("-")[2] in _RETURNS
        name, iban, bic, ultimate = self._party(parts, credit != returned)
        text, structured, invoices = self._remittance(parts["RmtInf"]) if "RmtInf" in parts else ("", "", ())
        text = text or tidy(self._text(parts, "AddtlTxInf")) or own.text
        if ultimate and ultimate != name:
            text = f"{text} {ultimate}".strip()
        currency, foreign = self._foreign(parts["AmtDtls"]) if "AmtDtls" in parts else ("", 0)
        uid = refs.get("AcctSvcrRef") or (own.uid if alone else "")
        return Details(
            uid or refs.get("TxId") or refs.get("UETR") or refs.get("InstrId") or own.uid,
            reference(refs.get("EndToEndId", "")),
            reference(refs.get("MndtId", "")),
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

    def _party(self, parts: dict[str, Any], from_debtor: bool) -> tuple[str, str, str, str]:
        """Name, account, BIC and ultimate party of the other side: the debtor of money in, the creditor of money out.

        What is returned keeps the sides of the first movement. A side that is ourselves is never the other one."""
        names = self.names
        if "RltdPties" not in parts:
            return "", "", "", ""
        sides = {names[child.tag]: child for child in parts["RltdPties"]}
        banks = {names[child.tag]: child for child in parts["RltdAgts"]} if "RltdAgts" in parts else {}
        order = ("Dbtr", "Cdtr") if from_debtor else ("Cdtr", "Dbtr")
        for side in order:
            iban = self._number(sides.get(f"{side}Acct"))
            name = self._name(sides.get(side))
            ultimate = self._name(sides.get(f"Ultmt{side}"))
            if iban == self.owner.number and iban:
                continue
            if not iban and name and self.owner.holder and name.casefold() == self.owner.holder.casefold():
                continue
            if iban or name or ultimate:
                agent = banks.get(f"{side}Agt")
                found = "" if agent is None else text_of(names, agent, "FinInstnId", "BICFI")
                if agent is not None and not found:
                    found = text_of(names, agent, "FinInstnId", "BIC")
                return name or ultimate, iban, found, ultimate
        return "", "", "", ""

    def _name(self, party: Any) -> str:
        """Nm, inside Pty since version 8."""
        if party is None:
            return ""
        found = text_of(self.names, party, "Nm") or text_of(self.names, party, "Pty", "Nm")
        return tidy(found)

    def _number(self, element: Any) -> str:
        if element is None:
            return ""
        found = text_of(self.names, element, "Id", "IBAN") or text_of(self.names, element, "Id", "Othr", "Id")
        return account(found)

    def _remittance(self, element: Any) -> tuple[str, str, tuple[str, ...]]:
        """Free text, structured reference and numbers of invoices."""
        names = self.names
        free: list[str] = []
        more: list[str] = []
        given: list[str] = []
        invoices: list[str] = []
        for child in element:
            name = names[child.tag]
            if name == "Ustrd":
                free.append((child.text or "").strip("\r\n\t"))
            elif name == "Strd":
                for part in child:
                    kind = names[part.tag]
                    if kind == "CdtrRefInf":
                        given.append(text_of(names, part, "Ref") or text_of(names, part, "CdtrRef"))
                    elif kind == "RfrdDocInf":
                        invoices.append(text_of(names, part, "Nb") or text_of(names, part, "RfrdDocNb"))
                    elif kind == "AddtlRmtInf":
                        more.append((part.text or "").strip())
        given = [one for one in dict.fromkeys(given) if one]
        if len(given) > 1:  # several invoices in one payment: none of them is its reference
            more += given
        text = tidy(" ".join([joined(free, USTRD), *more]))
        numbers = tuple(one[:MAX_REFERENCE] for one in dict.fromkeys(invoices) if one)[:200]
        return text, given[0] if len(given) == 1 else "", numbers

    def _foreign(self, element: Any) -> tuple[str, int]:
        """Amount and currency of the order when they are not the account's."""
        names = self.names
        for kind in ("InstdAmt", "TxAmt", "CntrValAmt"):
            inside = find(names, element, kind)
            amount = find(names, inside, "Amt") if inside is not None else None
            if amount is not None and self.owner.currency and amount.get("Ccy", "") not in ("", self.owner.currency):
                return amount.get("Ccy"), cents(amount.text or "", amount.sourceline or 1, kind)
        return "", 0


def _only(own: Details) -> Details:
    """An entry without details."""
    return own._replace(structured=references.found_in(own.text))


def _together(read: list[Details], own: Details) -> Details:
    """Details that cannot be counted apart, as one: what they agree on, and all their texts."""
    texts = list(dict.fromkeys(one.text for one in read if one.text))
    same: dict[str, Any] = {}
    for name in ("end_to_end", "mandate", "name", "iban", "bic", "structured", "reason", "code"):
        values = {getattr(one, name) for one in read}
        same[name] = values.pop() if len(values) == 1 else ""
        if name == "structured":
            texts += [one.structured for one in read if one.structured and not same[name]]
    return own._replace(
        **same,
        text=tidy(" ".join(texts)),
        invoices=tuple(dict.fromkeys(number for one in read for number in one.invoices))[:200],
        returned=any(one.returned for one in read),
    )
