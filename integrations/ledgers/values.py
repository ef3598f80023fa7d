"""What the ledger readers take and give besides the ledger itself: options, mapping, what sniffing found.

Everything here crosses the border of the parsing process by pickle, and `Mapping` is stored as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date

from integrations.files import MAX_BYTES, Refused
from rules.ledger import LedgerLine, Remark, ThirdParty

RECOGNISED = "recognised"
TO_CHECK = "to_check"
IGNORED = "ignored"

KINDS = ("open_items", "journal", "third_parties")


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read one shape of spreadsheet. `columns` gives, by field name (`columns.FIELDS`), the index from 0.

    `sections`: rows that stand alone above the rows of a customer name that customer (grouped reports)."""

    kind: str
    columns: dict[str, int]
    sheet: str = ""
    header_row: int = 1  # row number in the file, from 1
    delimiter: str = ""  # "" in a workbook
    encoding: str = ""  # "" in a workbook
    decimal: str = ","
    date_order: str = "dmy"  # dmy, mdy or ymd: what 01/02/2026 means
    currency: str = ""  # of the amounts when no column says it; "" = the company's
    sections: bool = False
    program: str = ""
    as_of: date | None = None  # day of an open-items list, when its title says it

    def to_json(self) -> dict[str, object]:
        """Plain values for a JSON column."""
        values = asdict(self)
        values["as_of"] = self.as_of.isoformat() if self.as_of else None
        return values

    @classmethod
    def from_json(cls, values: dict[str, object]) -> Mapping:
        """The mapping stored by `to_json`; unknown keys are refused as TypeError."""
        as_of = values.get("as_of")
        return cls(**{**values, "as_of": date.fromisoformat(str(as_of)) if as_of else None})  # type: ignore[arg-type]

    def on(self, sniffed: Sniffed) -> Mapping:
        """The remembered choices (kind, columns, decimal, dates) on another file of the same shape."""
        found = sniffed.mapping
        if found is None:
            return self
        return replace(
            self,
            sheet=found.sheet,
            header_row=found.header_row,
            delimiter=found.delimiter,
            encoding=found.encoding,
            as_of=found.as_of,
        )


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """One column of a spreadsheet: its header, the field it seems to be ("" = ignored), how sure, examples."""

    index: int
    header: str
    field: str
    confidence: str  # RECOGNISED, TO_CHECK or IGNORED
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file seems to be, before it is read. `certain`: it can be read without asking anything.

    `shape` is the same for two files with the same header, so that a saved mapping is found again."""

    format: str  # "fec" or "spreadsheet"
    kind: str  # one of KINDS
    program: str = ""  # the program and report recognised, "" when unknown
    shape: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    mapping: Mapping | None = None  # proposed; None for a FEC, which needs none
    columns: tuple[ColumnGuess, ...] = ()
    missing: tuple[str, ...] = ()  # fields that must still be chosen, see `columns.REQUIRED`
    first_rows: tuple[tuple[str, ...], ...] = ()  # raw cells, from the header row on
    certain: bool = False


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the company decides about reading: which accounts are customers', the currency, the limits."""

    customer_accounts: tuple[str, ...] = ("411", "413", "416")
    currency: str = "EUR"
    mapping: Mapping | None = None
    today: date | None = None  # the day of an open-items list that does not say its own
    max_bytes: int = MAX_BYTES
    max_rows: int = 3_000_000
    processes: int = 1  # 2: a large file may be read by two, in a process without threads


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows as they will be understood and the totals of the whole file, or why it is refused."""

    lines: tuple[LedgerLine, ...] = ()
    third_parties: tuple[ThirdParty, ...] = ()
    rows_read: int = 0
    customers: int = 0
    amount_cents: dict[str, int] = field(default_factory=dict)  # by currency: Σ(debit − credit)
    open_cents: dict[str, int] = field(default_factory=dict)  # by currency, open-item lists only
    remarks: tuple[Remark, ...] = ()
    refused: Refused | None = None
