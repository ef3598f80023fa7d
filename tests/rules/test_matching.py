"""What a movement pays, case by case: what is applied, what is proposed, what is a tie."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from rules.matching import Book, match_all, propose
from rules.matching_facts import EVIDENCE, MatchPolicy, Owed, Paid, Payer, Proposal

ISSUED = date(2026, 1, 5)
PAID_ON = date(2026, 2, 10)
OGM = "090933755493"
RF = "RF18539007547034"
DUPONT, MARTIN, PARENT = 1, 2, 3
PAYERS = [
    Payer(DUPONT, "C00001", ("sarl dupont et fils",), ("FR7611111111111111111111111",)),
    Payer(MARTIN, "C00002", ("transports martin sa", "martin logistique"), (), "BE0403170701"),
    Payer(PARENT, "C00003", ("groupe delvaux",), ("FR7633333333333333333333333",)),
]


def owed(number: int, cents: int, customer: int = DUPONT, **more: object) -> Owed:
    values: dict[str, object] = {
        "piece": f"FA2026-{number:04d}", "references": (), "currency": "EUR", "document_on": ISSUED,
        "due_on": ISSUED + timedelta(days=30 + number % 7),
    }  # fmt: skip
    return Owed(number, customer, open_cents=cents, **(values | more))  # type: ignore[arg-type]


def paid(cents: int, text: str = "", name: str = "DUPONT & FILS", number: int = 1, **more: object) -> Paid:
    values: dict[str, object] = {"booked_on": PAID_ON, "currency": "EUR", "name": name, "text": text}
    return Paid(number, cents=cents, **(values | more))  # type: ignore[arg-type]


def best(items: list[Owed], movement: Paid, policy: MatchPolicy | None = None) -> Proposal:
    return propose(Book(items, PAYERS, policy), movement)[0]


def parts(proposal: Proposal) -> dict[int, int]:
    return {part.item_id: part.cents for part in proposal.parts}


def codes(proposal: Proposal) -> list[str]:
    return [one.code for one in proposal.evidence]


def applied(proposal: Proposal) -> bool:
    return proposal.confidence >= MatchPolicy().threshold and not proposal.tie and bool(proposal.parts)


ITEMS = [owed(12, 12_100), owed(13, 5_000), owed(14, 33_333), owed(98, 70_000, MARTIN)]


@pytest.mark.parametrize(
    "text",
    [
        "FA2026-0012", "Fact FA20260012", "20260012", "fa 2026 0012", "FA2026/0012", "FA2026-00 12", "2026-12", "FA26-0012",
        "FACTURE 0012", "fact 12", "F.FA2026-012", "FA2026-0021", "FA2026-0018", "FA2026-001", "FA2026-00112",
        "REGLEMENT FACTURE FA2026-0012 DU 05/01/2026 121,00 EUR",
    ],
)  # fmt: skip
def test_an_invoice_number_with_its_amount_however_it_is_written(text: str):
    found = best(ITEMS, paid(12_100, text))
    assert parts(found) == {12: 12_100}
    assert applied(found)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("FA2026-0012, FA2026-0013", {12, 13}), ("2026-0012/2026-0013", {12, 13}), ("FA2026-0012 13", {12, 13}),
        ("fact 12 et 13", {12, 13}), ("FA2026-0012 à FA2026-0014", {12, 13, 14}), ("FA2026-0012-0014", {12, 13, 14}),
        ("2026001220260013", {12, 13}), ("FA2026-0012 + FA2026-0031", {12, 13}), ("12+13+14", {12, 13, 14}),
    ],
)  # fmt: skip
def test_several_numbers_in_one_text(text: str, wanted: set[int]):
    total = sum(item.open_cents for item in ITEMS if item.id in wanted)
    found = best(ITEMS, paid(total, text))
    assert set(parts(found)) == wanted
    assert applied(found)


@pytest.mark.parametrize(
    "movement",
    [
        paid(12_100, structured=OGM, name=""), paid(12_100, f"+++{OGM[:3]}/{OGM[3:7]}/{OGM[7:]}+++", name="INCONNU"),
        paid(12_100, f"merci {OGM[:3]} {OGM[3:7]} {OGM[7:]}", name=""), paid(12_100, structured=RF, name=""),
        paid(12_100, "RF18 5390 0754 7034 et merci", name=""), paid(12_100, name="", end_to_end="ENC-2026-12"),
    ],
)  # fmt: skip
def test_a_reference_of_one_item_is_certain_whoever_pays(movement: Paid):
    found = best([owed(12, 12_100, references=(OGM, RF, "ENC-2026-12")), owed(13, 12_100)], movement)
    assert parts(found) == {12: 12_100}
    assert found.confidence >= 995


def test_wrong_check_digits_are_no_reference():
    found = propose(Book([owed(12, 12_100, references=(OGM,))], PAYERS), paid(12_100, "090/9337/55494", name="INCONNU"))
    assert all(not applied(one) for one in found)


@pytest.mark.parametrize(
    ("name", "strong"),
    [
        ("SARL DUPONT ET FILS", True), ("DUPONT & FILS", True), ("Fils Dupont S.A.R.L.", True), ("DUPONT ET FILS 59000 LILLE", True),
        ("TRANSPORTS DUPONT", False), ("DURAND ET FILS", False), ("FILS", False),
    ],
)  # fmt: skip
def test_names_as_banks_write_them(name: str, strong: bool):
    found = propose(Book(ITEMS, PAYERS), paid(5_000, name=name))
    assert [parts(one) for one in found if applied(one)] == ([{13: 5_000}] if strong else [])


def test_a_name_cut_by_the_bank():
    long = [Payer(9, "", ("imprimerie cordevaux et associes emballages",))]
    found = propose(Book([owed(12, 12_100, 9)], long), paid(12_100, name="IMPRIMERIE CORDEVAUX ET ASSOCIES EMBA"[:35]))
    assert applied(found[0])


def test_a_learned_account_a_vat_number_and_a_learned_name():
    assert applied(best(ITEMS, paid(5_000, name="X", iban="FR7611111111111111111111111")))
    assert applied(best(ITEMS, paid(70_000, "TVA BE0403.170.701", name="")))
    assert applied(best(ITEMS, paid(70_000, name="MARTIN LOGISTIQUE")))


def test_a_set_that_sums_exactly_and_only_one():
    found = best(ITEMS, paid(38_333))
    assert parts(found) == {13: 5_000, 14: 33_333}
    assert applied(found)
    twice = best([owed(1, 3_000), owed(2, 7_000), owed(3, 4_000), owed(4, 6_000)], paid(10_000))
    assert twice.tie
    assert not applied(twice)


def test_equal_items_are_a_tie_unless_the_text_says_which():
    equal = [owed(12, 5_000), owed(13, 5_000)]
    tie = best(equal, paid(5_000))
    assert tie.tie
    assert "several_sets" in codes(tie)
    assert parts(best(equal, paid(5_000, "facture 13"))) == {13: 5_000}


def test_what_is_issued_later_is_not_paid_unless_named():
    later = [owed(12, 5_000), owed(13, 5_000, document_on=PAID_ON + timedelta(days=3))]
    assert parts(best(later, paid(5_000))) == {12: 5_000}
    assert parts(best(later, paid(5_000, "FA2026-0013"))) == {13: 5_000}


def test_an_amount_alone_is_never_enough():
    found = propose(Book(ITEMS, PAYERS), paid(5_000, name="INCONNU AU BATAILLON"))
    assert [(parts(one), one.confidence) for one in found] == [({13: 5_000}, 300)]
    assert not propose(Book([owed(12, 5_000), owed(13, 5_000)], PAYERS), paid(5_000, name="INCONNU"))


def test_two_customers_of_one_name_are_not_told_apart_by_nothing():
    twins = [Payer(1, "", ("dupont sarl",)), Payer(2, "", ("dupont sa",))]
    found = propose(Book([owed(12, 5_000, 1), owed(13, 5_000, 2)], twins), paid(5_000, name="DUPONT"))
    assert found
    assert all(one.tie for one in found)


def test_the_account_tells_two_customers_of_one_name_apart():
    twins = [Payer(1, "", ("dupont sarl",), ("FR76999",)), Payer(2, "", ("dupont sa",))]
    found = propose(Book([owed(12, 5_000, 1), owed(13, 5_000, 2)], twins), paid(5_000, name="DUPONT", iban="FR76999"))
    assert parts(found[0]) == {12: 5_000}
    assert applied(found[0])


def test_credits_are_used_up_with_the_invoices():
    items = [owed(12, 12_100), owed(13, 5_000), owed(50, -2_000)]
    named = best(items, paid(10_100, "FA2026-0012"))
    assert parts(named) == {12: 12_100, 50: -2_000}
    assert "credits_used" in codes(named)
    assert applied(named)
    assert parts(best(items, paid(15_100))) == {12: 12_100, 13: 5_000, 50: -2_000}


def test_part_payment_of_a_named_invoice_and_its_rest():
    book = Book([owed(12, 12_100), owed(13, 5_000)], PAYERS)
    first, rest = paid(5_100, "acompte FA2026-0012"), paid(7_000, "solde FA2026-0012", number=2)
    answers = match_all(book, [first, rest])
    assert [parts(one) for one in answers] == [{12: 5_100}, {12: 7_000}]
    assert all(applied(one) for one in answers)


def test_over_payment_pays_the_invoice_and_leaves_the_rest():
    found = best([owed(12, 12_100)], paid(13_000, "FA2026-0012"))
    assert (parts(found), found.left_cents) == ({12: 12_100}, 900)
    assert applied(found)


@pytest.mark.parametrize(
    ("cents", "on", "reason"),
    [(11_850, PAID_ON, "bank_fee"), (58_800, ISSUED + timedelta(days=8), "discount"), (57_000, PAID_ON, "")],
)
def test_little_missing_is_received_and_forgiven_only_by_a_person(cents: int, on: date, reason: str):
    item = owed(12, 12_100 if cents < 20_000 else 60_000)
    found = propose(Book([item], PAYERS), paid(cents, "FA2026-0012", booked_on=on))
    assert parts(found[0]) == {12: cents}
    assert applied(found[0])
    forgiven = [one for one in found if one.difference_reason]
    assert [one.difference_reason for one in forgiven] == ([reason] if reason else [])
    for one in forgiven:
        assert one.parts[0].difference_cents == item.open_cents - cents
        assert not applied(one)


def test_somebody_else_pays_a_named_invoice():
    found = best(ITEMS, paid(12_100, "FA2026-0012", name="GROUPE DELVAUX", iban="FR7633333333333333333333333"))
    assert parts(found) == {12: 12_100}
    assert "other_payer" in codes(found)
    assert applied(found)


def test_a_parent_pays_for_others_named_together():
    both = [owed(12, 12_100), owed(98, 70_000, MARTIN)]
    assert set(parts(best(both, paid(82_100, "FA2026-0012 FA2026-0098", name="GROUPE DELVAUX")))) == {12, 98}


def test_a_number_that_is_not_open_holds_back():
    """The amount fits FA2026-0013, but the text names a later number of ours: an invoice not in the books yet."""
    found = best([owed(12, 12_100), owed(13, 5_000), owed(20, 900)], paid(5_000, "FA2026-0023"))
    assert parts(found) == {13: 5_000}
    assert not applied(found)
    assert "number_not_known" in codes(found)


def test_a_named_invoice_of_another_amount_does_not_win_over_an_exact_one():
    found = propose(Book([owed(12, 12_100), owed(13, 5_000)], PAYERS), paid(5_000, "FA2026-0012"))
    assert not any(applied(one) for one in found)


def test_only_who_paid_is_known():
    found = propose(Book(ITEMS, PAYERS), paid(4_444))
    assert [(one.customer_id, one.parts) for one in found] == [(DUPONT, ())]
    assert found[0].left_cents == 4_444
    assert not applied(found[0])


def test_a_reference_of_the_customer_is_a_name():
    customers = [Payer(DUPONT, "", ("sarl dupont et fils",), references=(OGM,))]
    found = propose(Book([owed(12, 5_000)], customers), paid(5_000, structured=OGM, name=""))
    assert applied(found[0])
    assert "customer_reference" in codes(found[0])


def test_a_reference_that_several_items_share():
    shared = [owed(12, 5_000, references=(OGM,)), owed(13, 7_000, references=(OGM,)), owed(14, 7_000)]
    assert parts(best(shared, paid(12_000, structured=OGM))) == {12: 5_000, 13: 7_000}
    assert parts(best(shared, paid(7_000, structured=OGM))) == {13: 7_000}


def test_nothing_for_movements_given_back_and_for_other_currencies():
    assert propose(Book(ITEMS, PAYERS), paid(-5_000, returned=True)) == []
    assert not any(one.parts for one in propose(Book(ITEMS, PAYERS), paid(5_000, "FA2026-0013", currency="CHF")))


def test_a_refund_of_a_credit():
    found = best([owed(12, 12_100), owed(50, -2_000)], paid(-2_000))
    assert parts(found) == {50: -2_000}


def test_items_are_consumed_once_and_strongest_first():
    book = Book([owed(12, 5_000, references=(OGM,)), owed(13, 5_000)], PAYERS)
    unnamed, certain = paid(5_000), paid(5_000, structured=OGM, number=2, booked_on=PAID_ON + timedelta(days=2))
    answers = {one.movement_id: parts(one) for one in match_all(book, [unnamed, certain])}
    assert answers == {1: {13: 5_000}, 2: {12: 5_000}}


def test_the_same_payment_twice_pays_once():
    answers = match_all(Book([owed(12, 5_000)], PAYERS), [paid(5_000, "FA2026-0012"), paid(5_000, "FA2026-0012", number=2)])
    assert [parts(one) for one in answers] == [{12: 5_000}, {}]
    assert "already_paid" in codes(answers[1])


def test_the_same_amount_every_month_in_the_order_it_comes():
    months = [owed(n, 5_000, document_on=ISSUED + timedelta(days=30 * n)) for n in range(1, 5)]
    movements = [paid(5_000, number=n, booked_on=ISSUED + timedelta(days=30 * n + 10)) for n in range(1, 5)]
    assert [parts(one) for one in match_all(Book(months, PAYERS), movements)] == [{n: 5_000} for n in range(1, 5)]


def test_many_items_without_a_name_are_not_guessed_and_do_not_take_long():
    many = [owed(n, 1_000 + 7 * n * n % 9_973) for n in range(1, 400)]
    some = many[3].open_cents + many[90].open_cents + many[200].open_cents
    assert not any(applied(one) for one in propose(Book(many, PAYERS), paid(some)))
    everything = best(many, paid(sum(item.open_cents for item in many)))
    assert "all_open" in codes(everything)


def test_every_evidence_is_a_known_code_with_its_values():
    for movement in (
        paid(12_100, "FA2026-0012"),
        paid(5_000),
        paid(17_100),
        paid(4_000, "FA2026-0013"),
        paid(6_000, "fact 13"),
    ):
        for proposal in propose(Book(ITEMS, PAYERS), movement):
            for one in proposal.evidence:
                assert set(one.params) == set(EVIDENCE[one.code])
