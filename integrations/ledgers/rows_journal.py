"""Rows of a journal or a customers' ledger → lines on customer accounts, as those of a FEC."""

from __future__ import annotations

from datetime import date

from integrations.files import Refused
from integrations.ledgers import kinds
from integrations.ledgers.pieces import due_in_label, mend_pieces
from integrations.ledgers.sheet import Row, Sheet
from rules.ledger import Kind, LedgerLine, LedgerSnapshot, Remark, ThirdParty

_Key = tuple[str, str, date]


def read_journal(sheet: Sheet) -> LedgerSnapshot:
    """Every row read, those on customer accounts kept; without an account column all rows are customers'."""
    reader = _Reader(sheet)
    for row in sheet.rows():
        reader.take(row)
    if not sheet.lines_read:
        raise Refused("no_rows", line=sheet.mapping.header_row)
    if not reader.lines:
        raise Refused("no_customer_lines", value=", ".join(sheet.options.customer_accounts))
    if reader.total and reader.others:
        sheet.remark("journal_unbalanced", None, None, difference_cents=reader.total)
    lines = reader.finished()
    remarks: list[Remark] = [*sheet.remarks, *mend_pieces(lines)]
    balance: dict[str, int] = {}
    for line in lines:
        balance[line.currency] = balance.get(line.currency, 0) + line.amount_cents
    parties = [ThirdParty(customer, name) for customer, name in {line.customer: line.name for line in lines}.items()]
    return LedgerSnapshot(
        "journal",
        "spreadsheet",
        lines,
        parties,
        remarks,
        sheet.lines_read,
        min(reader.days),
        max(reader.days),
        balance,
    )


class _Reader:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.lines: list[LedgerLine] = []
        self.keys: list[_Key] = []
        self.flags: dict[_Key, int] = {}
        self.days: set[date] = set()
        self.collective: set[str] = set()
        self.total = 0
        self.others = 0  # rows on other accounts

    def take(self, row: Row) -> None:
        """One row: counted in its entry, kept when it is a customer's."""
        sheet = self.sheet
        debit, credit = self._amounts(row)
        entry_on = sheet.day_of(row, "entry_on") or sheet.day_of(row, "document_on")
        account = sheet.text(row, "account")
        if entry_on is None:
            if sheet.is_sum(debit - credit):
                return
            raise sheet.refused("date_missing", row, "entry_on" if "entry_on" in sheet.columns else "document_on")
        sheet.add(debit - credit)
        self.days.add(entry_on)
        self.total += debit - credit
        key = sheet.text(row, "journal"), sheet.text(row, "entry") or sheet.text(row, "piece"), entry_on
        self.flags[key] = self.flags.get(key, 0) | kinds.account_flags(account)
        if "account" in sheet.columns and not account.startswith(sheet.options.customer_accounts):
            self.others += 1
            return
        customer, name = self._customer(row, account)
        document_on = sheet.day_of(row, "document_on") or entry_on
        label, letter = sheet.text(row, "label"), sheet.text(row, "letter")
        self.keys.append(key)
        self.lines.append(
            LedgerLine(
                row.line,
                customer,
                name,
                account,
                key[0],
                sheet.text(row, "entry"),
                entry_on,
                sheet.text(row, "piece"),
                document_on,
                sheet.day_of(row, "due_on"),
                label,
                debit,
                credit,
                letter,
                sheet.day_of(row, "lettered_on") if letter else None,
                Kind.OTHER,
                sheet.text(row, "currency").upper() or sheet.currency,
                method=kinds.payment_method(sheet.text(row, "method")),
            )
        )

    def finished(self) -> list[LedgerLine]:
        """The lines with their kinds, the accounts of their entries known."""
        roles: dict[str, str] = {}
        finished = []
        for line, key in zip(self.lines, self.keys, strict=True):
            role = roles.setdefault(line.journal, kinds.journal_role(line.journal, line.journal))
            kind = kinds.line_kind(role, self.flags[key], line.amount_cents, line.label)
            due_on = line.due_on or (due_in_label(line.label, line.document_on) if kind is Kind.INVOICE else None)
            finished.append(line._replace(kind=kind, due_on=due_on))
        return finished

    def _amounts(self, row: Row) -> tuple[int, int]:
        sheet = self.sheet
        amount = sheet.cents(row, "amount")
        if amount is None:
            return sheet.cents(row, "debit") or 0, sheet.cents(row, "credit") or 0
        side = sheet.text(row, "side").upper()
        if "side" not in sheet.columns:
            return max(amount, 0), max(-amount, 0)
        if side[:1] in ("D", "S", "+", "1"):
            return amount, 0
        if side[:1] in ("C", "H", "-"):
            return 0, amount
        raise sheet.refused("side_unreadable", row, "side")

    def _customer(self, row: Row, account: str) -> tuple[str, str]:
        sheet = self.sheet
        name, auxiliary = sheet.text(row, "name"), sheet.text(row, "customer")
        if not auxiliary and not account:
            auxiliary = name or row.section
        if auxiliary:
            return auxiliary, name or row.section or auxiliary
        if not kinds.is_collective(account, "", sheet.options.customer_accounts):
            return account, name or account
        if account not in self.collective:
            self.collective.add(account)
            sheet.remark("collective_account", row, sheet.header("customer"), value=account)
        return account, kinds.DIVERS
