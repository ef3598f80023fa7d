"""Every real FEC: balances as an independent reading finds them, and damaged copies refused."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.files import Refused
from integrations.ledgers import ReadOptions, read, sniff
from rules.ledger import LedgerSnapshot
from tests.corpus import plain_fec
from tests.corpus.conftest import real_files

pytestmark = pytest.mark.corpus

FILES = real_files("fec")
PREFIXES = (("411",), ("411", "413", "416"), ("41",))


def _read(data: bytes, prefixes: tuple[str, ...] = ("411",)) -> LedgerSnapshot:
    return read(data, "", ReadOptions(customer_accounts=prefixes))


def _sums(snapshot: LedgerSnapshot) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for line in snapshot.lines:
        found[line.customer] += line.amount_cents
    return dict(found)


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("prefixes", PREFIXES, ids=",".join)
def test_balance_of_every_customer_to_the_cent(path: Path, prefixes: tuple[str, ...]) -> None:
    snapshot = _read(path.read_bytes(), prefixes)
    expected = plain_fec.balances(path, prefixes)
    assert {customer: Decimal(cents) / 100 for customer, cents in _sums(snapshot).items()} == expected
    assert snapshot.lines_read == len(plain_fec.rows(path))
    assert sum(snapshot.balance_cents.values()) == sum(expected.values()) * 100


@pytest.mark.parametrize("path", FILES)
def test_recognised_by_content_and_read_twice_the_same(path: Path) -> None:
    data = path.read_bytes()
    assert sniff(data, "export.xyz").format == "fec"
    assert _read(data) == _read(data)


@pytest.mark.parametrize("path", FILES)
def test_letters_and_dates_are_those_of_the_file(path: Path) -> None:
    rows = [row for row in plain_fec.rows(path) if row["comptenum"].startswith("411")]
    snapshot = _read(path.read_bytes())
    assert [line.letter for line in snapshot.lines] == [row["ecriturelet"] for row in rows]
    assert [line.entry_on.strftime("%Y%m%d") for line in snapshot.lines] == [
        row["ecrituredate"].replace("-", "") for row in rows
    ]


def _ends_of_entries(data: bytes) -> set[int]:
    """How many lines a shorter copy may have and still balance: those cannot be told from a whole file."""
    rows = data.decode("utf-8-sig").splitlines()
    separator = max("\t|;,", key=rows[0].count)
    header = [name.strip().lower() for name in rows[0].split(separator)]
    total, found = Decimal(0), set()
    for number, row in enumerate(rows[1:], 2):
        if row.strip():
            total += plain_fec.signed(dict(zip(header, [cell.strip() for cell in row.split(separator)], strict=False)))
        if not total:
            found.add(number)
    return found


@pytest.mark.parametrize("path", FILES)
def test_a_truncated_copy_is_refused_naming_the_line(path: Path) -> None:
    data = path.read_bytes()
    balanced = _ends_of_entries(data)
    whole = _read(data)
    header = data.index(b"\n") + 1
    chance = random.Random(path.name)
    cuts = {chance.randrange(header, len(data)) for _ in range(15)} | set(range(len(data) - 20, len(data)))
    refused = 0
    for cut in sorted(cut for cut in cuts if cut > header):
        copy = data[:cut]
        try:
            found = _read(copy)
        except Refused as error:
            refused += 1
            assert error.params["line"] <= copy.count(b"\n") + 1
            continue
        lines = copy.count(b"\n") + (not copy.endswith(b"\n"))
        assert lines in balanced, cut
        assert [line[1:] for line in found.lines] == [line[1:] for line in whole.lines[: len(found.lines)]] or (
            # fewer lines may change what is learnt from all of them, never amounts
            [line.amount_cents for line in found.lines] == [line.amount_cents for line in whole.lines[: len(found.lines)]]
        )
    assert refused > len(cuts) // 3


@pytest.mark.parametrize("path", FILES)
def test_altered_copies_are_refused_naming_the_line(path: Path) -> None:
    data = path.read_bytes()
    mark = b"\r\n" if b"\r\n" in data else b"\n"
    rows = data.split(mark)
    separator = max(b"\t|", key=lambda one: rows[0].count(bytes([one])))
    cells = [row.split(bytes([separator])) for row in rows]
    header = [name.decode("utf-8-sig").strip().lower() for name in cells[0]]
    chance = random.Random(path.name)
    for _ in range(12):
        at = chance.randrange(1, len([row for row in rows if row.strip()]))
        kind = chance.choice(["date", "amount", "letters", "field", "column", "line"])
        changed = [list(row) for row in cells]
        row = changed[at]
        expected_line: int | None = at + 1
        if kind == "date":
            row[header.index("ecrituredate")] = b"20241332"
        elif kind == "letters":
            row[header.index("debit")] = b"12O,00"
        elif kind == "amount":
            row[header.index("debit")] += b"7" if row[header.index("debit")] else b"7,00"
            expected_line = None  # the entry's first line
            if b"," not in row[header.index("debit")] and b"." not in row[header.index("debit")]:
                continue
            row[header.index("debit")] = b"9" + row[header.index("debit")][:-1]
        elif kind == "field":
            del row[chance.randrange(len(row))]
        elif kind == "column":
            name = chance.choice(["debit", "ecriturelet", "compauxnum", "pieceref", "ecrituredate"])
            changed = [one[: header.index(name)] + one[header.index(name) + 1 :] if len(one) > 1 else one for one in changed]
            expected_line = 1
        else:
            if plain_fec.signed(dict(zip(header, [cell.decode("utf-8", "replace") for cell in row], strict=False))) == 0:
                continue
            del changed[at]
            expected_line = None
        copy = mark.join(bytes([separator]).join(row) for row in changed)
        with pytest.raises(Refused) as refused:
            _read(copy)
        assert refused.value.params["line"] == (expected_line or refused.value.params["line"]), kind
