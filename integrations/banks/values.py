"""What the bank readers take and share: options, limits, remarks, and the check that a statement adds up."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.files import MAX_BYTES, Refused
from integrations.ledgers.values import Mapping
from rules.bank import Statement
from rules.ledger import Remark

MAX_MOVEMENTS = 500_000
MAX_STATEMENTS = 20_000
MAX_REMARKS = 50  # of one code
MAX_TEXT, MAX_NAME, MAX_REFERENCE, MAX_ACCOUNT = 2_000, 200, 140, 40

__all__ = ["BankOptions", "Mapping", "Notes", "Refused", "check_sum", "too_many"]


@dataclass(frozen=True, slots=True)
class BankOptions:
    """What a file does not say: the currency of its amounts, the account it is of; how a list is laid out; limits."""

    currency: str = "EUR"
    account: str = ""
    mapping: Mapping | None = None
    max_bytes: int = MAX_BYTES
    max_movements: int = MAX_MOVEMENTS


@dataclass(slots=True)
class Notes:
    """Remarks of one reading, at most fifty of a code."""

    remarks: list[Remark] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, line: int | None = None, **params: object) -> None:
        """Notes something at a line."""
        count = self._counts[code] = self._counts.get(code, 0) + 1
        if count <= MAX_REMARKS:
            self.remarks.append(Remark(code, line, None, params))


def check_sum(statement: Statement, line: int) -> None:
    """Refuses a statement whose opening balance and movements do not give its closing balance; `line` of the latter."""
    gap = statement.gap_cents
    if not gap:
        return
    assert statement.opening_cents is not None
    raise Refused(
        "statement_gap",
        line=line,
        value=statement.number or statement.uid or statement.account,
        opening_cents=statement.opening_cents,
        movements_cents=sum(one.amount_cents for one in statement.movements),
        closing_cents=statement.closing_cents,
        gap_cents=gap,
        currency=statement.currency,
    )


def too_many(line: int, limit: int) -> Refused:
    """The refusal of a file with more movements than allowed."""
    return Refused("too_many_movements", line=line, value=limit)
