"""Rows of spreadsheets as they are understood: amounts, signs, totals, sections, repeated headers, ageing columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.files import Refused
from integrations.ledgers import Mapping, ReadOptions, preview, read, sniff
from integrations.ledgers.words import legal_type_of
from rules.ledger import Kind, LedgerSnapshot
from tests.integrations.files import csv_file, ods, xlsx

TODAY = date(2026, 11, 20)
OPTIONS = ReadOptions(customer_accounts=("411",), today=TODAY)
HEADER = ["Code client", "Raison sociale", "N° facture", "Date facture", "Échéance", "Montant TTC", "Reste dû"]


def _read(rows: Sequence[Sequence[object]], **mapping: object) -> LedgerSnapshot:
    data = csv_file(rows)
    found = sniff(data, "x").mapping
    assert found is not None
    return read(data, "x", replace(OPTIONS, mapping=replace(found, **mapping)))  # type: ignore[arg-type]


def _told(snapshot: LedgerSnapshot) -> list[tuple[str, int, int | None]]:
    return [(line.piece, line.amount_cents, line.open_cents) for line in snapshot.lines]


def test_a_list_of_open_items() -> None:
    found = _read(
        [
            HEADER,
            ["C1", "Dupré", "F1", "13/01/2026", "12/02/2026", "1 200,00", "1 200,00"],
            ["C1", "Dupré", "F2", "14/01/2026", "", "360,50", "60,50"],
            ["C1", "Dupré", "A1", "15/01/2026", "", "-50,00", "-50,00"],
            ["C2", "Étoile", "F3", "16/01/2026", "", "10,00", "0,00"],
        ]
    )
    assert (found.kind, found.ends_on, found.lines_read) == ("open_items", TODAY, 4)
    assert _told(found) == [("F1", 120000, 120000), ("F2", 36050, 6050), ("A1", -5000, -5000), ("F3", 1000, 0)]
    assert [line.kind for line in found.lines] == [Kind.INVOICE, Kind.INVOICE, Kind.OTHER, Kind.INVOICE]
    assert (found.lines[0].due_on, found.lines[1].due_on) == (date(2026, 2, 12), None)
    assert found.balance_cents == {"EUR": 152050}
    assert [(party.customer, party.name) for party in found.third_parties] == [("C1", "Dupré"), ("C2", "Étoile")]


@pytest.mark.parametrize("made", [xlsx, ods])
def test_workbooks_give_the_same(made: object) -> None:
    rows: list[list[object]] = [
        list(HEADER),
        ["C1", "Dupré", 2501, date(2026, 1, 3), 46055, 1200.1, 1200.1],
        ["", "", "", "", "", "", ""],
        [411002, "Étoile", "F2", date(2026, 1, 4), "02/03/2026", 0.1 + 0.2, 0.3],
    ]
    data = made(rows)  # type: ignore[operator]
    found = sniff(data, "x").mapping
    assert found is not None
    snapshot = read(data, "x", replace(OPTIONS, mapping=found))
    assert _told(snapshot) == [("2501", 120010, 120010), ("F2", 30, 30)]
    assert [(line.line, line.customer, line.due_on) for line in snapshot.lines] == [
        (2, "C1", date(2026, 2, 2)),
        (4, "411002", date(2026, 3, 2)),
    ]


def test_every_way_of_writing_the_amount() -> None:
    dated = ["Dupré", "F1", "13/01/2026"]
    head = ["Client", "Facture", "Date"]
    for columns, cells, expected in [
        (["Montant"], ["100,00"], (10000, 10000)),
        (["Montant"], ["100,00-"], (-10000, -10000)),
        (["Montant"], ["(1 100,00)"], (-110000, -110000)),
        (["Montant"], ["100,00 CR"], (-10000, -10000)),
        (["Montant", "Sens"], ["100,00", "D"], (10000, 10000)),
        (["Montant", "D/C"], ["100,00", "C"], (-10000, -10000)),
        (["Débit", "Crédit"], ["100,00", ""], (10000, 10000)),
        (["Débit", "Crédit"], ["", "100,00"], (-10000, -10000)),
        (["Solde"], ["100,00"], (10000, 10000)),
        (["Montant", "Réglé"], ["100,00", "40,00"], (10000, 6000)),
        (["Montant", "Statut"], ["100,00", "Payée"], (10000, 0)),
        (["Montant", "Statut"], ["100,00", "Non payée"], (10000, 10000)),
        (["Montant", "Status"], ["100,00", "Unpaid"], (10000, 10000)),
        (["Montant", "Date règlement"], ["100,00", "15/02/2026"], (10000, 0)),
        (["Montant", "Date règlement"], ["100,00", ""], (10000, 10000)),
    ]:
        found = _read([[*head, *columns], [*dated, *cells]])
        assert (found.lines[0].amount_cents, found.lines[0].open_cents) == expected, (columns, cells)


def test_a_settled_row_keeps_the_day_of_its_payment() -> None:
    found = _read([["Client", "Date", "Montant", "Date règlement"], ["Dupré", "13/01/2026", "100,00", "15/02/2026"]])
    assert found.lines[0].lettered_on == date(2026, 2, 15)


def test_part_paid_without_saying_how_much_is_remarked_on() -> None:
    found = _read(
        [["Client", "Facture", "Date", "Montant", "Status"], ["Dupré", "F1", "13/01/2026", "100,00", "Partially Paid"]]
    )
    assert _told(found) == [("F1", 10000, 10000)]
    assert [(remark.code, remark.line, remark.params) for remark in found.remarks] == [("part_paid_unknown", 2, {"count": 1})]


def test_credits_named_by_a_type_are_turned_unless_they_have_their_minus() -> None:
    head = ["Client", "Facture", "Date", "Type", "Montant"]
    invoice = ["Dupré", "F1", "13/01/2026", "Facture", "100,00"]
    turned = _read([head, invoice, ["Dupré", "A1", "14/01/2026", "Avoir", "30,00"]])
    assert [(line.kind, line.amount_cents, line.open_cents) for line in turned.lines] == [
        (Kind.INVOICE, 10000, 10000),
        (Kind.CREDIT_NOTE, -3000, -3000),
    ]
    assert [remark.code for remark in turned.remarks] == ["credits_turned"]
    signed = _read(
        [head, invoice, ["Dupré", "A1", "14/01/2026", "Avoir", "-30,00"], ["Dupré", "A2", "14/01/2026", "Avoir", "5,00"]]
    )
    assert [line.amount_cents for line in signed.lines] == [10000, -3000, 500]


def test_totals_subtotals_and_repeated_headers_are_no_data() -> None:
    rows = [
        HEADER,
        ["C1", "Dupré", "F1", "13/01/2026", "", "100,00", "100,00"],
        ["C1", "Dupré", "F2", "14/01/2026", "", "50,00", "50,00"],
        ["Total Dupré", "", "", "", "", "150,00", "150,00"],
        ["", "", "", "", "", "", ""],
        HEADER,
        ["C2", "Étoile", "F3", "15/01/2026", "", "20,00", "20,00"],
        ["Sous-total C2", "", "", "", "", "20,00", "20,00"],
        ["", "", "", "", "", "170,00", "170,00"],
        ["TOTAL GÉNÉRAL", "", "", "", "", "170,00", "170,00"],
    ]
    assert _told(_read(rows)) == [("F1", 10000, 10000), ("F2", 5000, 5000), ("F3", 2000, 2000)]


def test_a_customer_called_total_is_a_customer() -> None:
    found = _read([HEADER, ["TOTAL", "Total Énergies", "F1", "13/01/2026", "", "100,00", "100,00"]])
    assert [line.name for line in found.lines] == ["Total Énergies"]


def test_an_amount_that_belongs_to_nobody_is_refused() -> None:
    rows = [
        HEADER,
        ["C1", "Dupré", "F1", "13/01/2026", "", "100,00", "100,00"],
        ["", "", "F9", "14/01/2026", "", "33,00", "33,00"],
    ]
    with pytest.raises(Refused) as refused:
        _read(rows)
    assert (refused.value.code, refused.value.params["line"]) == ("customer_missing", 3)
    rows[2] = ["C1", "Dupré", "F9", "", "", "33,00", "33,00"]
    with pytest.raises(Refused) as refused:
        _read(rows)
    assert (refused.value.code, refused.value.params["line"]) == ("date_missing", 3)


@pytest.mark.parametrize(
    ("at", "cell", "code", "column"),
    [
        (3, "32/01/2026", "date_unreadable", "Date facture"),
        (4, "demain", "date_unreadable", "Échéance"),
        (5, "cent", "amount_unreadable", "Montant TTC"),
        (6, "12.50", "amount_unreadable", "Reste dû"),
    ],
)
def test_a_bad_cell_refuses_the_file_naming_it(at: int, cell: str, code: str, column: str) -> None:
    good = ["C1", "Dupré", "F1", "13/01/2026", "12/02/2026", "1 200,00", "1 200,50"]
    bad = [*good[:at], cell, *good[at + 1 :]]
    with pytest.raises(Refused) as refused:
        _read([HEADER, *[good] * 9, bad])
    assert refused.value.code == code
    assert refused.value.params == {"line": 11, "column": column, "value": cell}


def test_grouped_by_customer_rows() -> None:
    rows = [
        ["Grand livre clients"],
        [],
        ["Date", "N° facture", "Échéance", "Montant", "Solde"],
        ["Alvarez, Dana", "", "", "", ""],
        ["13/01/2026", "F1", "", "100,00", "100,00"],
        ["14/01/2026", "F2", "", "50,00", "20,00"],
        ["Total Alvarez, Dana", "", "", "150,00", "120,00"],
        ["Nakamura Yui", "", "", "", ""],
        ["15/01/2026", "F3", "", "10,00", "10,00"],
        ["Total Nakamura Yui", "", "", "10,00", "10,00"],
    ]
    found = _read(rows)
    assert [(line.customer, line.piece, line.open_cents) for line in found.lines] == [
        ("Alvarez, Dana", "F1", 10000),
        ("Alvarez, Dana", "F2", 2000),
        ("Nakamura Yui", "F3", 1000),
    ]


def test_quickbooks_ageing_with_its_sections() -> None:
    rows = [
        ["Firm"],
        ["A/R Aging Detail"],
        ["As of December 31, 2025"],
        ["Num", "Customer", "Date", "Due Date", "Amount", "Open Balance"],
        ["Current", "", "", "", "", ""],
        ["1063", "Saguaro Group", "12/14/2025", "01/13/2026", "4,180.75", "2,180.75"],
        ["Total for Current", "", "", "", "4,180.75", "2,180.75"],
        ["1 - 30 days past due", "", "", "", "", ""],
        ["1041", "Alvarez, Dana", "11/18/2025", "12/18/2025", "1,284.50", "1,284.50"],
        ["Total for 1 - 30 days past due", "", "", "", "1,284.50", "1,284.50"],
        ["TOTAL", "", "", "", "5,465.25", "3,465.25"],
    ]
    found = read(csv_file(rows, ","), "x", OPTIONS)
    assert [(line.customer, line.piece, line.open_cents) for line in found.lines] == [
        ("Saguaro Group", "1063", 218075),
        ("Alvarez, Dana", "1041", 128450),
    ]
    assert found.ends_on == date(2025, 12, 31)


def test_an_aged_balance_gives_a_line_per_column() -> None:
    rows = [
        ["Aged Receivables Summary"],
        ["As at 30 November 2026"],
        ["Contact", "Current", "< 1 Month", "1 Month", "2 Months", "3 Months", "Older", "Total"],
        ["Dana", 100.5, 20, "", "", "", -7, 0.0],
        ["Yui", "", "", "", "", "", 12, 12],
        ["Total", 100.5, 20, "", "", "", 5, 0.0],
        ["Percentage of total", 0.8, 0.1, "", "", "", 0.1, 1],
    ]
    found = read(xlsx(rows), "x", OPTIONS)
    assert [(line.customer, line.label, line.open_cents, line.due_on) for line in found.lines] == [
        ("Dana", "Current", 10050, None),
        ("Dana", "< 1 Month", 2000, date(2026, 11, 29)),
        ("Dana", "Older", -700, date(2026, 8, 1)),
        ("Yui", "Older", 1200, date(2026, 8, 1)),
    ]
    assert found.balance_cents == {"EUR": 12550}
    assert [remark.code for remark in found.remarks] == ["due_from_bucket"]


def test_a_list_of_balances_needs_a_day() -> None:
    data = csv_file([["Code client", "Nom", "Solde"], ["C1", "Dupré", "100,00"], ["C2", "Étoile", "0,00"]])
    found = read(data, "x", OPTIONS)
    assert [(line.customer, line.kind, line.document_on, line.open_cents) for line in found.lines] == [
        ("C1", Kind.OPENING, TODAY, 10000)
    ]
    assert len(found.third_parties) == 2


def test_currencies_are_kept_apart() -> None:
    found = _read(
        [
            ["Client", "Facture", "Date", "Montant", "Devise"],
            ["Dupré", "F1", "13/01/2026", "100,00", "EUR"],
            ["Dupré", "F2", "13/01/2026", "70,00", "usd"],
            ["Dupré", "F3", "13/01/2026", "5,00", ""],
        ]
    )
    assert found.balance_cents == {"EUR": 10500, "USD": 7000}


def test_a_journal() -> None:
    rows = [
        ["Date", "Journal", "Compte", "Tiers", "Nom", "N° pièce", "Libellé", "Échéance", "Débit", "Crédit", "Lettrage"],
        ["13/01/2026", "VE", "411000", "C1", "Dupré", "F1", "Vente", "12/02/2026", "120,00", "", "A"],
        ["13/01/2026", "VE", "706000", "", "", "F1", "Vente", "", "", "120,00", ""],
        ["20/02/2026", "BQ", "512000", "", "", "R1", "Virement", "", "120,00", "", ""],
        ["20/02/2026", "BQ", "411000", "C1", "Dupré", "R1", "Virement", "", "", "120,00", "A"],
        ["21/02/2026", "BQ", "411000", "", "", "R2", "Inconnu", "", "", "5,00", ""],
        ["21/02/2026", "BQ", "512000", "", "", "R2", "Inconnu", "", "5,00", "", ""],
    ]
    found = _read(rows)
    assert (found.kind, found.starts_on, found.ends_on) == ("journal", date(2026, 1, 13), date(2026, 2, 21))
    assert [(line.customer, line.kind, line.amount_cents, line.letter) for line in found.lines] == [
        ("C1", Kind.INVOICE, 12000, "A"),
        ("C1", Kind.PAYMENT, -12000, "A"),
        ("411000", Kind.PAYMENT, -500, ""),
    ]
    assert found.lines[0].due_on == date(2026, 2, 12)
    assert [remark.code for remark in found.remarks] == ["collective_account"]
    with pytest.raises(Refused) as refused:
        read(csv_file(rows), "x", replace(OPTIONS, customer_accounts=("400",)))
    assert refused.value.code == "no_customer_lines"


def test_third_parties() -> None:
    found = _read(
        [
            ["Code client", "Nom", "E-mail", "Téléphone", "Adresse", "CP", "Ville", "Pays", "Langue", "N° TVA", "Commercial",
             "Profil", "Mode de règlement", "Délai de paiement", "Plafond"],
            ["C1", "Dupré", "compta@dupre.fr", "01 02 03 04 05", "1 rue Haute", "59000", "Lille", "France", "Français",
             "FR12345678901", "Anne Petit", "Grand compte", "Prélèvement", "45 jours fin de mois", "10 000"],
            ["C2", "Étoile NV", "", "", "", "", "", "Belgique", "NL", "", "", "", "VIR", "NAA8", ""],
        ]
    )  # fmt: skip
    assert found.kind == "third_parties"
    first, second = found.third_parties
    assert (first.email, first.postcode, first.city, first.country, first.language) == (
        "compta@dupre.fr", "59000", "Lille", "FR", "fr",
    )  # fmt: skip
    assert (first.terms_days, first.terms_mode, first.method) == (45, "days_month_end", "direct_debit")
    assert (first.sales_rep, first.profile, first.credit_limit_cents) == ("Anne Petit", "Grand compte", 1_000_000)
    assert (second.country, second.language, second.method, second.terms_days) == ("BE", "nl", "transfer", None)
    assert [(remark.code, remark.line, remark.params) for remark in found.remarks] == [
        ("terms_unreadable", 3, {"value": "NAA8"})
    ]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("30", (30, "net")),
        ("30 jours", (30, "net")),
        ("30 j", (30, "net")),
        ("Net 30", (30, "net")),
        ("30 days net", (30, "net")),
        ("comptant", (0, "net")),
        ("à réception", (0, "net")),
        ("Due on receipt", (0, "net")),
        ("45 jours fin de mois", (45, "days_month_end")),
        ("45 J FDM", (45, "days_month_end")),
        ("30 jours fin de mois le 10", (30, "days_month_end_tenth")),
        ("30 dagen", (30, "net")),
        ("CA10", None),
        ("selon devis", None),
        ("2/10 net 30", None),
    ],
)
def test_terms(text: str, terms: tuple[int, str] | None) -> None:
    from integrations.ledgers.words import terms_of

    assert terms_of(text) == terms


def test_questions_left_open_need_a_mapping() -> None:
    data = csv_file([["Client", "Date", "Montant"], ["Dupré", "03/01/2026", "100,00"]])
    with pytest.raises(Refused) as refused:
        read(data, "x", OPTIONS)
    assert refused.value.code == "mapping_needed"
    answered = Mapping("open_items", {"name": 0, "document_on": 1, "amount": 2}, delimiter=";", date_order="mdy")
    assert read(data, "x", replace(OPTIONS, mapping=answered)).lines[0].document_on == date(2026, 3, 1)
    with pytest.raises(Refused) as refused:
        read(data, "x", replace(OPTIONS, mapping=replace(answered, columns={"name": 0})))
    assert (refused.value.code, refused.value.params["value"]) == ("mapping_incomplete", "amount")
    with pytest.raises(Refused) as refused:
        read(data, "x", replace(OPTIONS, mapping=replace(answered, header_row=99)))
    assert refused.value.code == "header_missing"


def test_preview_shows_rows_and_totals_or_the_refusal() -> None:
    rows = [HEADER, *([f"C{n}", "Dupré", f"F{n}", "13/01/2026", "", "100,00", "40,00"] for n in range(12))]
    found = preview(csv_file(rows), "x", OPTIONS, 5)
    assert (len(found.lines), found.rows_read, found.customers, found.refused) == (5, 12, 12, None)
    assert (found.amount_cents, found.open_cents) == ({"EUR": 120000}, {"EUR": 48000})
    bad = preview(csv_file([*rows, ["C", "D", "F", "x", "", "1,00", "1,00"]]), "x", OPTIONS)
    assert bad.refused is not None
    assert bad.refused.params["line"] == 14


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.text(alphabet="Client;Montant\nDate\t,|0123456789/\"'-()", max_size=400).map(str.encode))
def test_any_bytes_are_a_table_or_a_refusal(data: bytes) -> None:
    try:
        found = sniff(data, "x")
        read(data, "x", replace(OPTIONS, mapping=found.mapping))
    except Refused:
        return


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=12) | st.sampled_from(["13/01/2026", "100,00", "Total", "C1"]), max_size=8), max_size=8)
)
def test_any_rows_under_a_header_are_read_or_refused(rows: list[list[str]]) -> None:
    try:
        data = csv_file([HEADER, *rows])
    except UnicodeEncodeError:
        return
    mapping = Mapping(
        "open_items",
        {"customer": 0, "name": 1, "piece": 2, "document_on": 3, "due_on": 4, "amount": 5, "open_amount": 6},
        delimiter=";",
    )
    try:
        found = read(data, "x", replace(OPTIONS, mapping=mapping))
    except Refused:
        return
    assert all(line.customer for line in found.lines)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Particulier", "consumer"), ("particuliers", "consumer"), ("B2C", "consumer"), ("Entreprise", "business"),
        ("S.A.R.L.", "business"), ("SAS", "business"), ("NV", "business"), ("Public", "public"), ("Collectivité locale", "public"),
        ("Société privée", "business"), ("", ""), ("autre", ""),
    ],
)  # fmt: skip
def test_the_kind_of_customer_is_understood(word, kind):
    assert legal_type_of(word) == kind
