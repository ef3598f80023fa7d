"""Hostile files in the child process: limits on time, memory and size, and an answer that can do no harm."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from integrations import ledgers
from integrations import sandbox as child
from integrations.files import Refused
from integrations.ledgers import Mapping, ReadOptions, sandbox
from integrations.ledgers.workbook import Workbook
from tests.integrations import files

OPTIONS = ReadOptions(customer_accounts=("411",), today=date(2026, 11, 20))
FEC = files.fec(files.little())
LIST = files.csv_file([["Client", "Facture", "Date", "Montant"], ["Dupré", "F1", "13/01/2026", "100,00"]])


def test_the_child_reads_what_the_reader_reads(tmp_path: Path) -> None:
    assert sandbox.read_in_child(FEC, "a", OPTIONS) == ledgers.read(FEC, "a", OPTIONS)
    assert sandbox.sniff_in_child(LIST, "a") == ledgers.sniff(LIST, "a")
    assert sandbox.preview_in_child(LIST, "a", OPTIONS) == ledgers.preview(LIST, "a", OPTIONS)
    path = tmp_path / "ledger"
    path.write_bytes(files.xlsx([["Client", "Date", "Montant"], ["Dupré", date(2026, 1, 3), 100.5]]))
    assert sandbox.read_in_child(path, "a", OPTIONS).lines[0].amount_cents == 10050


def test_a_refusal_crosses_the_border_with_its_words() -> None:
    with pytest.raises(Refused) as refused:
        sandbox.read_in_child(FEC.replace(b"1200,00", b"12OO,00", 1), "a", OPTIONS)
    assert refused.value.code == "amount_unreadable"
    assert refused.value.params == {"line": 4, "column": "Debit", "value": "12OO,00"}
    preview = sandbox.preview_in_child(LIST.replace(b"100,00", b"cent"), "a", replace(OPTIONS, mapping=_mapping()))
    assert preview.refused is not None
    assert preview.refused.params["line"] == 2


def _mapping() -> Mapping:
    return Mapping("open_items", {"name": 0, "piece": 1, "document_on": 2, "amount": 3}, delimiter=";")


def test_too_large_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(FEC)
    for source in (FEC, path):
        with pytest.raises(Refused) as refused:
            sandbox.read_in_child(source, "a", replace(OPTIONS, max_bytes=100))
        assert refused.value.code == "file_too_large"


def test_time_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "CPU_SECONDS", 1)
    monkeypatch.setattr(child, "CPU_SECONDS_PER_MIB", 0)
    big = files.fec(
        [line for n in range(60_000) for line in files.sale(str(n + 1), "20250110", f"C{n}", "10,0", f"Facture {n}")]
    )
    with pytest.raises(Refused) as refused:
        sandbox.read_in_child(big, "a", OPTIONS)
    assert refused.value.code == "reading_too_long"


def test_memory_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "MEMORY", 80 * child.MIB)
    monkeypatch.setattr(child, "MEMORY_PER_BYTE", 0)
    big = files.fec([line for n in range(60_000) for line in files.sale(str(n + 1), "20250110", f"C{n}", "10,00", f"F{n}")])
    with pytest.raises(Refused) as refused:
        sandbox.read_in_child(big, "a", OPTIONS)
    assert refused.value.code == "reading_too_large"


def test_a_sheet_of_two_cells_that_claims_a_billion() -> None:
    data = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(files.xlsx([["Client", "Montant"], ["a", 1]]))) as before,
        zipfile.ZipFile(data, "w") as after,
    ):
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                content = content.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"').replace(b'r="B2"', b'r="XFD1048576"')
                content = content.replace(b'<row r="2"', b'<row r="1048576"').replace(b'r="A2"', b'r="A1048576"')
            after.writestr(entry, content)
    with pytest.raises(Refused) as refused:
        sandbox.read_in_child(data.getvalue(), "a", OPTIONS)
    assert refused.value.code in ("sheet_too_large", "reading_too_large", "reader_stopped")


def _zip(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return made.getvalue()


BOMBS = {
    "packed too tightly": _zip({"xl/workbook.xml": b"0" * 40_000_000}),
    "too many entries": _zip({f"xl/{n}.xml": b"" for n in range(3_000)}),
    "a document type": _zip({"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'}),
    "a lying size": _zip({"xl/workbook.xml": b"0" * 100_000}).replace(
        (100_000).to_bytes(4, "little"), (100).to_bytes(4, "little")
    ),
    "cut in half": files.xlsx([["Client", "Montant"], ["a", 1]])[:2_000],
    "not a workbook": _zip({"hello.txt": b"hello"}),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_archives_that_mean_harm(bomb: str) -> None:
    with pytest.raises(Refused) as refused:
        Workbook(BOMBS[bomb])
    assert refused.value.code in ("archive_suspect", "workbook_damaged")
    with pytest.raises(Refused):
        sandbox.read_in_child(BOMBS[bomb], "a.xlsx", OPTIONS)


class _Harm:
    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("harm",))


def test_an_answer_that_would_run_something_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_run", lambda *_: pickle.dumps(_Harm()))
    with pytest.raises(Refused) as refused:
        sandbox.read_in_child(FEC, "a", OPTIONS)
    assert refused.value.code == "reader_stopped"


def test_a_child_that_dies_is_a_refusal() -> None:
    with pytest.raises(Refused) as refused:
        sandbox.read_in_child(FEC, "a", replace(OPTIONS, customer_accounts=411))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.params) == ("reader_stopped", {"value": 1})
