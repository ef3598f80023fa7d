"""Good files to damage, one or more of each kind, all made here; and who reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from integrations import banks, invoices, ledgers
from integrations.banks.values import BankOptions
from integrations.ledgers.values import ReadOptions
from rules.bank import BankFile
from rules.invoices import Invoice
from rules.ledger import LedgerSnapshot
from tests.integrations import bank_files, files, invoice_files
from tests.integrations.test_saft import CREDITED, PAID, SOLD, saft
from tests.integrations.test_xaf import BANK, BOUGHT, OPENING, SALES, xaf

Found = LedgerSnapshot | BankFile | list[Invoice]
LEDGER = ReadOptions(customer_accounts=("411",), today=date(2026, 11, 20))
OPEN_ITEMS = [
    ["Client", "Nom", "Facture", "Date", "Échéance", "Montant", "Solde"],
    ["C001", "Dupré", "F-1", "13/01/2026", "12/02/2026", "1 234,56", "234,56"],
    ["C002", "Hôtel de l’Œuvre", "F-2", "14/01/2026", "13/02/2026", "80,00", "80,00"],
    ["C002", "Hôtel de l’Œuvre", "AV-3", "15/01/2026", "15/01/2026", "-10,00", "-10,00"],
]
MOVEMENTS = [
    ["Date opération", "Date valeur", "Libellé", "Débit", "Crédit", "Solde"],
    ["02/03/2026", "02/03/2026", "VIR DUPRE F-1", "", "234,56", "1 234,56"],
    ["03/03/2026", "03/03/2026", "FRAIS", "12,00", "", "1 222,56"],
]


def read_ledger(data: bytes) -> LedgerSnapshot:
    """As the import page reads it when no column is asked for."""
    sniffed = ledgers.sniff(data, "f")
    options = LEDGER if sniffed.mapping is None else ReadOptions(("411",), mapping=sniffed.mapping, today=LEDGER.today)
    return ledgers.read(data, "f", options)


def read_bank(data: bytes) -> BankFile:
    """As the import page reads it."""
    sniffed = banks.sniff_sheet(data, "f") if banks.sniff(data, "f") == "sheet" else None
    return banks.read(
        data, "f", BankOptions(account="FR7630006000011234567890189", mapping=sniffed.mapping if sniffed else None)
    )


def read_invoices(data: bytes) -> list[Invoice]:
    """As the import page reads it."""
    return invoices.read(data, "f")


def _coda() -> bytes:
    movement = bank_files.coda_movement
    return bank_files.coda(
        [
            bank_files.coda_old(50_000_000),
            *movement(121_000, "FACTURE F-1", end_to_end="E2E-1"),
            *movement(-20_000, "FRAIS", sequence=2),
            bank_files.coda_new(50_101_000),
        ]
    )


def _camt(kind: str, version: str) -> bytes:
    message = {"053": "BkToCstmrStmt", "052": "BkToCstmrAcctRpt", "054": "BkToCstmrDbtCdtNtfctn"}[kind]
    inside = {"053": "Stmt", "052": "Rpt", "054": "Ntfctn"}[kind]
    body = bank_files.transaction(bank_files.party("DUPONT SA") + "<RmtInf><Ustrd>F-1</Ustrd></RmtInf>", "100.00")
    entries = bank_files.entry("100.00", body) + bank_files.entry("20.00", side="DBIT")
    return bank_files.camt(
        entries, message=message, inside=inside, version=f"{kind}.001.{version}", opening="10.00", closing="90.00",
        balances=kind == "053",
    )  # fmt: skip


def _mt940() -> bytes:
    return bank_files.mt940(
        ":28C:00007/001", ":60F:C260301EUR100,00", ":61:2603020302C50,00NTRFREF//BANK1", ":86:166?00VIREMENT?20F-1?32DUPONT SA",
        ":61:2603030303D10,00NMSCNONREF", ":86:FRAIS", ":62F:C260303EUR140,00",
    )  # fmt: skip


def _cfonb() -> bytes:
    lines = [
        bank_files.cfonb("01", 10_000), bank_files.cfonb("04", 5_000, "VIR DUPONT"), bank_files.cfonb_detail("LCC", "F-1"),
        bank_files.cfonb("04", -1_000, "FRAIS"), bank_files.cfonb("07", 14_000),
    ]  # fmt: skip
    return "\r\n".join(lines).encode("cp1252")


def _ofx() -> bytes:
    return bank_files.ofx(
        "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260302<TRNAMT>+50.00<FITID>1<NAME>DUPONT SA<MEMO>F-1</STMTTRN>\n"
        "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260303<TRNAMT>-10,00<FITID>2<NAME>FRAIS</STMTTRN>\n"
    )


def originals() -> dict[str, tuple[bytes, Callable[[bytes], Found]]]:
    """By name: the bytes of a good file and its reader."""
    xml = invoice_files.cii()
    return {
        "fec": (files.fec(files.little()), read_ledger),
        "fec pipe": (files.fec(files.little(), separator="|", encoding="cp1252", eol="\r\n"), read_ledger),
        "fec quoted": (files.fec(files.little(), separator=";", quote=True), read_ledger),
        "csv": (files.csv_file(OPEN_ITEMS), read_ledger),
        "xlsx": (files.xlsx(OPEN_ITEMS), read_ledger),
        "ods": (files.ods(OPEN_ITEMS), read_ledger),
        "saft": (saft(SOLD, PAID, CREDITED, opening="320.50", closing="320.50").encode(), read_ledger),
        "xaf": (xaf(SALES, BANK, BOUGHT, opening=OPENING.format(kind="CU", amount="300.00")).encode(), read_ledger),
        "coda": (_coda(), read_bank),
        "camt053 v8": (_camt("053", "08"), read_bank),
        "camt053 v2": (_camt("053", "02"), read_bank),
        "camt052": (_camt("052", "06"), read_bank),
        "camt054": (_camt("054", "04"), read_bank),
        "camt zip": (invoice_files.archive({"a.xml": _camt("053", "08")}), read_bank),
        "mt940": (_mt940(), read_bank),
        "cfonb": (_cfonb(), read_bank),
        "cfonb flat": (_cfonb().replace(b"\r\n", b""), read_bank),
        "ofx": (_ofx(), read_bank),
        "bank csv": (files.csv_file(MOVEMENTS), read_bank),
        "bank xlsx": (files.xlsx(MOVEMENTS), read_bank),
        "ubl": (invoice_files.ubl(), read_invoices),
        "ubl credit": (invoice_files.ubl(code="381", root="CreditNote"), read_invoices),
        "cii": (xml, read_invoices),
        "facturx": (invoice_files.pdf(xml), read_invoices),
        "invoices zip": (invoice_files.archive({"a.xml": xml, "b.xml": invoice_files.ubl()}), read_invoices),
    }
