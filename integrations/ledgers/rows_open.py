"""Rows of an open-items list, an aged balance or a list of balances → lines with what is still unpaid of each.

A row that is settled (nothing left, "Paid", a payment date) is kept with 0 open: it tells how the customer pays."""

from __future__ import annotations

from datetime import date, timedelta

from integrations.files import Refused
from integrations.ledgers import kinds, words
from integrations.ledgers.columns import BUCKETS, PARTY
from integrations.ledgers.pieces import due_in_label
from integrations.ledgers.rows_parties import party_of
from integrations.ledgers.sheet import Row, Sheet
from rules.ledger import Kind, LedgerLine, LedgerSnapshot, ThirdParty


def read_open_items(sheet: Sheet) -> LedgerSnapshot:
    """The list as a snapshot of one day: its own, or today."""
    reader = _Reader(sheet)
    for row in sheet.rows():
        reader.take(row)
    if not sheet.lines_read:
        raise Refused("no_rows", line=sheet.mapping.header_row)
    if reader.by_account and not reader.customers:
        raise Refused("no_customer_lines", value=", ".join(sheet.options.customer_accounts))
    lines = reader.mended_signs()
    day = sheet.day or max((line.entry_on for line in lines), default=None)
    balance: dict[str, int] = {}
    for line in lines:
        balance[line.currency] = balance.get(line.currency, 0) + line.amount_cents
    if reader.part_paid:
        sheet.remark("part_paid_unknown", reader.part_paid[0], sheet.header("status"), count=len(reader.part_paid))
    parties = list(reader.customers.values())
    return LedgerSnapshot("open_items", "spreadsheet", lines, parties, sheet.remarks, sheet.lines_read, None, day, balance)


class _Reader:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.lines: list[LedgerLine] = []
        self.customers: dict[str, ThirdParty] = {}
        self.part_paid: list[Row] = []
        self.typed_credits: list[int] = []  # places of lines a type column calls credits
        have = sheet.columns.keys()
        self.buckets = [name for name in BUCKETS if name in have]
        self.dated = bool({"document_on", "entry_on"} & have)
        self.told_buckets = False
        self.by_account = "account" in have and not {"customer", "name"} <= have
        self.has_party = bool(have & set(PARTY))

    def take(self, row: Row) -> None:
        """One row: its customer, then its amounts."""
        sheet = self.sheet
        customer, name, account = self._customer(row)
        if self.by_account and not account.startswith(sheet.options.customer_accounts):
            return
        if self.buckets:
            self._take_buckets(row, customer, name, account)
            return
        debit, credit, open_cents = self._amounts(row)
        document_on = sheet.day_of(row, "document_on") or sheet.day_of(row, "entry_on")
        due_on = sheet.day_of(row, "due_on")
        if (not customer or (self.dated and document_on is None and due_on is None)) and sheet.is_sum(open_cents):
            return
        if not customer:
            raise sheet.refused("customer_missing", row, "customer" if "customer" in sheet.columns else "name")
        if self.dated and document_on is None and due_on is None:
            raise sheet.refused("date_missing", row, "document_on" if "document_on" in sheet.columns else "entry_on")
        sheet.add(open_cents)
        self._note(row, customer, name)
        if not self.dated and not due_on:
            if open_cents:
                # A list of balances: one line says it all, whatever moved before.
                self._add(row, customer, name, account, max(open_cents, 0), max(-open_cents, 0), None, None, open_cents)
            return
        self._add(row, customer, name, account, debit, credit, document_on or due_on, due_on, open_cents)

    def mended_signs(self) -> list[LedgerLine]:
        """The lines; credits that a type column names but that are written without a minus are turned."""
        positive = [place for place in self.typed_credits if self.lines[place].amount_cents > 0]
        if not positive or len(positive) < len(self.typed_credits):
            return self.lines
        for place in positive:
            line = self.lines[place]
            self.lines[place] = line._replace(
                debit_cents=line.credit_cents, credit_cents=line.debit_cents, open_cents=-(line.open_cents or 0)
            )
        self.sheet.remark("credits_turned", None, self.sheet.header("type"), count=len(positive))
        return self.lines

    def _customer(self, row: Row) -> tuple[str, str, str]:
        sheet = self.sheet
        name, account = sheet.text(row, "name"), sheet.text(row, "account")
        customer = sheet.text(row, "customer") or (account if self.by_account else "") or name
        if not customer and sheet.mapping.sections:
            customer = name = row.section
        if self.by_account and kinds.is_collective(account, name, sheet.options.customer_accounts):
            if account.startswith(sheet.options.customer_accounts) and account not in self.customers:
                sheet.remark("collective_account", row, sheet.header("account"), value=account)
            name = kinds.DIVERS
        return customer, name or customer, account

    def _amounts(self, row: Row) -> tuple[int, int, int]:
        """Debit, credit and signed open cents of a row."""
        sheet = self.sheet
        debit, credit, amount = (sheet.cents(row, name) for name in ("debit", "credit", "amount"))
        open_cents, paid = sheet.cents(row, "open_amount"), sheet.cents(row, "paid")
        side = sheet.text(row, "side").upper()[:1]
        if side in ("C", "H", "-"):
            amount = -amount if amount is not None else None
            open_cents = -open_cents if open_cents is not None and "debit" not in sheet.columns else open_cents
        if amount is None and debit is None and credit is None:
            amount = open_cents if open_cents is not None else paid or 0
        if amount is not None:
            debit, credit = max(amount, 0), max(-amount, 0)
        total = (debit or 0) - (credit or 0)
        if open_cents is None:
            open_cents = self._left(row, total, paid)
        return debit or 0, credit or 0, open_cents

    def _left(self, row: Row, total: int, paid: int | None) -> int:
        """What is open of a row that has no such column: less what is paid, nothing when it is settled."""
        if paid is not None:
            return total - paid
        if self.sheet.day_of(row, "settled_on") is not None:
            return 0
        state = words.state_of(self.sheet.text(row, "status"))
        if state == "part":
            self.part_paid.append(row)
        return 0 if state == "paid" else total

    def _take_buckets(self, row: Row, customer: str, name: str, account: str) -> None:
        """An aged balance: a line per filled column, due on the last day its column allows."""
        sheet = self.sheet
        amounts = {bucket: sheet.cents(row, bucket) or 0 for bucket in self.buckets}
        if not customer:
            if sheet.is_sum(sum(amounts.values())):
                return
            raise sheet.refused("customer_missing", row, "name" if "name" in sheet.columns else "customer")
        sheet.add(sum(amounts.values()))
        self._note(row, customer, name)
        for bucket, cents in amounts.items():
            if cents:
                due_on = self._day(row) - timedelta(days=BUCKETS[bucket]) if BUCKETS[bucket] else None
                self._add(
                    row, customer, name, account, max(cents, 0), max(-cents, 0), None, due_on, cents, sheet.header(bucket)
                )
                if due_on is not None and not self.told_buckets:
                    self.told_buckets = True
                    sheet.remark("due_from_bucket", row, sheet.header(bucket))

    def _add(
        self,
        row: Row,
        customer: str,
        name: str,
        account: str,
        debit: int,
        credit: int,
        document_on: date | None,
        due_on: date | None,
        open_cents: int,
        label: str | None = None,
    ) -> None:
        sheet = self.sheet
        balance = document_on is None
        document_on = document_on or min(due_on or self._day(row), self._day(row))
        label = label or sheet.text(row, "label")
        kind = Kind.OPENING if balance else self._kind(row, debit - credit)
        if kind is Kind.CREDIT_NOTE or (kind is Kind.PAYMENT and "type" in sheet.columns):
            self.typed_credits += [len(self.lines)] if words.kind_of_type(sheet.text(row, "type")) else []
        settled_on = sheet.day_of(row, "settled_on")
        self.lines.append(
            LedgerLine(
                row.line,
                customer,
                name,
                account,
                sheet.text(row, "journal"),
                sheet.text(row, "entry"),
                sheet.day_of(row, "entry_on") or document_on,
                sheet.text(row, "piece"),
                document_on,
                due_on or due_in_label(label, document_on),
                label,
                debit,
                credit,
                sheet.text(row, "letter"),
                sheet.day_of(row, "lettered_on") or (settled_on if open_cents == 0 else None),
                kind,
                sheet.text(row, "currency").upper() or sheet.currency,
                method=kinds.payment_method(sheet.text(row, "method")),
                open_cents=open_cents,
            )
        )

    def _kind(self, row: Row, amount_cents: int) -> Kind:
        named = words.kind_of_type(self.sheet.text(row, "type"))
        if named is not None:
            return named
        return Kind.INVOICE if amount_cents >= 0 else Kind.OTHER

    def _day(self, row: Row) -> date:
        day = self.sheet.day
        if day is None:
            raise Refused("day_missing", line=row.line)
        return day

    def _note(self, row: Row, customer: str, name: str) -> None:
        if customer not in self.customers or self.has_party:
            self.customers[customer] = party_of(self.sheet, row, customer, name)
