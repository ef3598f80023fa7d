"""L1: the worked numbers of the law, to the cent and the day. R13: a half-year without a rate is never silent."""

from __future__ import annotations

from datetime import date

import pytest

from rules.belgium import cap_cents, holidays, wait_after
from rules.compensation import dutch_scale, fixed
from rules.interest import Paid, interest
from rules.lawful import Stage, breaches
from rules.limitation import Event, limitation
from rules.rates import REFERENCE, RateRow, RateTable, completed, derived, floor_breach, missing_periods
from rules.rates_known import KNOWN
from rules.regimes import REGIMES
from rules.terms import Terms, ceiling, due_on, last_lawful_on
from rules.third_party import Agent, refusal

UNTIL = date(2027, 1, 1)


def rows(country: str, kind: str) -> tuple[RateRow, ...]:
    return tuple(RateRow(row.from_on, row.thousandths) for row in KNOWN[country, kind])


def table(country: str, kind: str = "business", until: date = UNTIL) -> RateTable:
    return completed(country, kind, rows(country, kind), rows(*REFERENCE), until)


V1 = (100_000, date(2024, 12, 15), date(2025, 7, 15))
V2 = (1_234_567, date(2026, 5, 31), date(2026, 11, 21))
V3 = (100_000, date(2024, 1, 31), date(2024, 3, 1))


@pytest.mark.parametrize(
    ("vector", "country", "actual", "cents"),
    [
        (V1, "FR", False, 7_645), (V1, "BE", False, 6_682), (V1, "DE", False, 6_553),
        (V1, "FR", True, 7_643), (V1, "BE", True, 6_681), (V1, "DE", True, 6_552),
        (V2, "FR", False, 72_724), (V2, "BE", False, 61_796), (V2, "DE", False, 61_660),
        (V3, "FR", False, 1_192), (V3, "BE", False, 1_027), (V3, "DE", False, 1_037),
    ],
)  # fmt: skip
def test_L1_interest_vectors(vector: tuple[int, date, date], country: str, actual: bool, cents: int) -> None:
    found = interest(*vector, table(country), actual_days=actual)
    assert found.cents == cents
    assert sum(s.cents for s in found.segments) == cents
    assert not found.provisional


@pytest.mark.parametrize(("vector", "days"), [(V1, [16, 181, 15]), (V2, [30, 144]), (V3, [30])])
def test_L1_days_of_the_segments(vector: tuple[int, date, date], days: list[int]) -> None:
    assert [s.days for s in interest(*vector, table("FR")).segments] == days


@pytest.mark.parametrize(
    ("document", "first_days", "first_month_end"),
    [
        ("2026-01-10", "2026-02-28", "2026-03-17"),
        ("2026-01-17", "2026-03-31", "2026-03-17"),
        ("2026-01-31", "2026-03-31", "2026-03-17"),
        ("2026-02-28", "2026-04-30", "2026-04-14"),
        ("2024-01-15", "2024-02-29", "2024-03-16"),
    ],
)
def test_L1_forty_five_days_end_of_month_both_ways(document: str, first_days: str, first_month_end: str) -> None:
    day = date.fromisoformat(document)
    for mode, expected in (("days_month_end", first_days), ("month_end_days", first_month_end)):
        assert due_on(day, Terms(45, mode)) == date.fromisoformat(expected) == last_lawful_on("FR", "business", day, mode)


# Every published Belgian half-year since the directive, and the sums it is made of.
@pytest.mark.parametrize("row", [row for row in KNOWN["BE", "business"] if row.from_on >= date(2013, 7, 1)])
def test_L1_belgian_rates_are_the_rounded_sum(row: RateRow) -> None:
    base = RateTable(rows(*REFERENCE), 0).in_force(row.from_on)
    assert base is not None
    assert derived("BE", "business", base.thousandths) == row.thousandths


FR_DEFAULT = {
    2016: (10_050, 10_000), 2017: (10_000, 10_000), 2022: (10_000, 10_000), 2023: (12_500, 14_000), 2024: (14_500, 14_250),
    2025: (13_150, 12_150), 2026: (12_150, 12_400),
}  # fmt: skip


@pytest.mark.parametrize("year", FR_DEFAULT)
def test_L1_french_default_rates(year: int) -> None:
    assert tuple(table("FR").on(date(year, month, 15))[0] for month in (1, 7)) == FR_DEFAULT[year]


@pytest.mark.parametrize(
    ("country", "kind", "day", "rate"),
    [
        ("LU", "business", "2024-09-01", 12_250), ("LU", "business", "2026-03-01", 10_150), ("LU", "business", "2026-09-01", 10_400),
        ("NL", "business", "2026-01-01", 10_150), ("NL", "business", "2026-07-01", 10_400), ("DE", "business", "2026-11-21", 10_520),
        ("DE", "consumer", "2026-01-01", 6_270), ("BE", "business", "2026-11-21", 10_500), ("FR", "legal", "2026-03-01", 2_620),
        ("FR", "public", "2026-11-21", 10_400),
    ],
)  # fmt: skip
def test_L1_rates_of_a_day(country: str, kind: str, day: str, rate: int) -> None:
    assert table(country, kind).on(date.fromisoformat(day)) == (rate, False)


def test_L1_change_of_the_central_bank_within_a_half_year_waits_for_the_next() -> None:
    assert table("FR").on(date(2026, 9, 16)) == (12_400, False)
    assert table("FR").on(date(2027, 1, 1)) == (12_650, True)
    assert table("BE").on(date(2027, 1, 1)) == (11_000, True)


@pytest.mark.parametrize(
    ("cents", "cap"),
    [
        (0, 0),
        (1, 2_000),
        (15_000, 2_000),
        (15_001, 3_000),
        (30_000, 4_500),
        (50_000, 6_500),
        (100_000, 9_000),
        (3_920_000, 200_000),
        (10**9, 200_000),
    ],
)
def test_L1_belgian_caps(cents: int, cap: int) -> None:
    assert cap_cents(cents) == cap == fixed("BE", "consumer", cents)


@pytest.mark.parametrize(
    ("cents", "costs"), [(250_000, 37_500), (1_000_000, 87_500), (20_000_000, 277_500), (1_000, 4_000), (10**12, 677_500)]
)
def test_L1_dutch_scale(cents: int, costs: int) -> None:
    assert dutch_scale(cents) == costs


@pytest.mark.parametrize("country", ["FR", "BE", "LU", "DE"])
def test_L1_forty_euros_between_professionals_only(country: str) -> None:
    assert fixed(country, "business", 1) == fixed(country, "public", 10**9) == 4_000
    if country != "BE":
        assert fixed(country, "consumer", 10**6) == 0


def test_L1_belgian_wait() -> None:
    mail, post = wait_after(date(2026, 11, 9), electronic=True), wait_after(date(2026, 11, 9), electronic=False)
    assert (mail.first_on, mail.last_on, mail.claim_from_on) == (date(2026, 11, 10), date(2026, 11, 23), date(2026, 11, 24))
    assert (post.first_on, post.last_on, post.claim_from_on) == (date(2026, 11, 13), date(2026, 11, 26), date(2026, 11, 27))


def test_belgian_holidays() -> None:
    days = ("01-01", "04-06", "05-01", "05-14", "05-25", "07-21", "08-15", "11-01", "11-11", "12-25")
    assert holidays(2026) == {date.fromisoformat(f"2026-{day}") for day in days}


@pytest.mark.parametrize(
    ("country", "legal_type", "terms", "code"),
    [
        ("FR", "business", Terms(61), "terms_fr_60"), ("FR", "business", Terms(60), ""),
        ("FR", "business", Terms(45, "days_month_end"), ""), ("FR", "business", Terms(46, "month_end_days"), "terms_fr_45_month_end"),
        ("BE", "business", Terms(61), "terms_be_60"), ("BE", "business", Terms(45, "days_month_end"), ""),
        ("DE", "business", Terms(90), "terms_eu_60"), ("FR", "public", Terms(31), "terms_public_30"),
        ("FR", "consumer", Terms(120), ""), ("US", "business", Terms(120), ""),
    ],
)  # fmt: skip
def test_ceilings(country: str, legal_type: str, terms: Terms, code: str) -> None:
    found = ceiling(country, legal_type, terms, date(2026, 1, 10))
    assert (found.code if found else "") == code


def test_periodic_invoices_have_forty_five_days() -> None:
    assert ceiling("FR", "business", Terms(46), date(2026, 1, 10), periodic=True) == ("terms_fr_45_periodic", date(2026, 2, 24))


@pytest.mark.parametrize(
    ("country", "legal_type", "ends", "alarm"),
    [
        ("FR", "business", "2031-01-10", "2030-07-10"), ("FR", "consumer", "2028-01-10", "2027-07-10"),
        ("BE", "business", "2036-01-10", "2035-07-10"), ("BE", "consumer", "2027-01-10", "2026-07-10"),
        ("DE", "business", "2029-12-31", "2029-06-30"), ("FR", "public", "2030-12-31", "2030-06-30"),
    ],
)  # fmt: skip
def test_limitation_and_its_alarm(country: str, legal_type: str, ends: str, alarm: str) -> None:
    found = limitation(country, legal_type, date(2026, 1, 10))
    assert found is not None
    assert (found.ends_on.isoformat(), found.alarm_on.isoformat()) == (ends, alarm)


def test_what_interrupts_limitation() -> None:
    start = date(2026, 1, 10)
    letters = (Event(date(2026, 6, 1), "letter"), Event(date(2027, 6, 1), "formal_notice"))
    assert limitation("FR", "consumer", start, letters) == limitation("FR", "consumer", start)
    restarted = limitation("FR", "consumer", start, (Event(date(2027, 6, 1), "part_payment"),))
    assert restarted is not None
    assert restarted.ends_on == date(2029, 6, 1)
    too_late = limitation("FR", "consumer", start, (Event(date(2028, 6, 1), "part_payment"),))
    assert too_late == limitation("FR", "consumer", start)


def test_belgian_bailiff_gives_one_year_once() -> None:
    events = (Event(date(2026, 12, 1), "bailiff_notice"), Event(date(2027, 11, 1), "bailiff_notice"))
    found = limitation("BE", "consumer", date(2026, 1, 10), events)
    assert found is not None
    assert found.ends_on == date(2027, 12, 1)


def test_contract_rates_have_a_floor_and_the_default_is_never_raised() -> None:
    legal = table("FR", "legal")
    assert floor_breach(15_000, legal, date(2024, 3, 1)) == 15_210
    assert floor_breach(15_210, legal, date(2024, 3, 1)) is None
    assert table("FR").on(date(2024, 3, 1)) == (14_500, False)  # below three times the legal rate, and left alone


def test_R13_missing_half_year_is_provisional() -> None:
    known = RateTable(tuple(row for row in rows("FR", "business") if row.from_on < date(2026, 7, 1)))
    found = interest(*V2, known)
    assert found.provisional
    assert [s.provisional for s in found.segments] == [False, True]
    assert missing_periods(known, date(2026, 11, 21)) == [date(2026, 7, 1)]
    worked_out = completed("FR", "business", known.rows, rows(*REFERENCE), date(2026, 11, 21))
    assert interest(*V2, worked_out).cents == 72_724
    assert interest(*V2, worked_out).provisional


def test_R13_no_rate_at_all_is_said_not_counted_as_nothing() -> None:
    found = interest(*V2, RateTable(()))
    assert found.cents == 0
    assert found.missing
    assert found.provisional
    assert found.segments[0].thousandths is None


def test_R13_french_legal_rate_of_the_second_half_of_2026_is_unknown() -> None:
    assert table("FR", "legal").on(date(2026, 7, 1)) == (2_620, True)


def test_part_payment_ends_a_segment_on_its_day() -> None:
    found = interest(100_000, date(2026, 1, 31), date(2026, 3, 2), table("FR"), payments=(Paid(date(2026, 2, 10), 40_000),))
    assert [(s.principal_cents, s.days) for s in found.segments] == [(100_000, 10), (60_000, 20)]


def test_dutch_interest_compounds_each_year() -> None:
    rate = RateTable((RateRow(date(2020, 1, 1), 10_000),), 0)
    found = interest(100_000, date(2020, 12, 31), date(2022, 12, 31), rate, compound=True)
    assert found.cents == 21_000
    assert [s.base_cents for s in found.segments] == [100_000, 110_000]


def stage(kind: str, day: int, channel: str = "email", **more: object) -> Stage:
    return Stage(kind, 1 if kind == "reminder" else 0, day, channel, **{"mode": "confirm", **more})  # type: ignore[arg-type]


FREE = stage("reminder", 8, wait_days=14)


@pytest.mark.parametrize(
    ("country", "legal_type", "stages", "codes"),
    [
        ("BE", "consumer", (stage("reminder", 8, charges=True),), ["lawful_be_first_free"]),
        ("BE", "consumer", (FREE, stage("reminder", 24, charges=True)), []),
        ("BE", "consumer", (FREE, stage("reminder", 23, charges=True)), ["lawful_be_wait"]),
        ("BE", "consumer", (stage("reminder", 8, "letter", wait_days=14), stage("reminder", 27, charges=True)), ["lawful_be_wait"]),
        ("BE", "consumer", (stage("reminder", 8, wait_days=8), stage("formal_notice", 40, charges=True)), ["lawful_be_period"]),
        ("BE", "consumer", (stage("reminder", 8, wait_days=14, may_be_overtaken=True), stage("formal_notice", 40, charges=True)), ["lawful_be_skippable"]),
        ("BE", "consumer", (stage("reminder", 8, "call", wait_days=14), stage("formal_notice", 40, charges=True)), ["lawful_be_first_free"]),
        ("BE", "business", (stage("reminder", 1, charges=True),), []),
        ("FR", "consumer", (FREE, stage("reminder", 30, charges=True)), ["lawful_fr_consumer"]),
        ("FR", "consumer", (FREE, stage("formal_notice", 30), stage("handover", 60, charges=True)), []),
        ("FR", "business", (stage("notice", -8, charges=True),), ["lawful_before_due"]),
        ("FR", "business", (stage("formal_notice", 30, mode="automatic"),), ["lawful_formal_needs_person"]),
        ("NL", "consumer", (stage("reminder", 8, charges=True),), ["lawful_nl_first_free"]),
        ("DE", "consumer", (stage("reminder", 8, charges=True),), ["lawful_reminder_first"]),
        ("IT", "consumer", (stage("reminder", 8, charges=True),), ["lawful_country_unknown"]),
    ],
)  # fmt: skip
def test_lawful_scenarios(country: str, legal_type: str, stages: tuple[Stage, ...], codes: list[str]) -> None:
    assert [breach.code for breach in breaches(country, legal_type, stages)] == codes


AGENT = Agent("Cabinet", "Lille", date(2026, 1, 5), None, "all", "FR7612345", "123")


@pytest.mark.parametrize(
    ("changes", "country", "legal_type", "code"),
    [
        ({}, "FR", "business", ""),
        ({"mandate_on": None}, "FR", "business", "mandate_missing"),
        ({"mandate_on": date(2026, 6, 1)}, "FR", "business", "mandate_missing"),
        ({"ended_on": date(2026, 5, 19)}, "FR", "business", "mandate_ended"),
        ({"mandate_iban": "BE1"}, "FR", "business", "mandate_iban_differs"),
        ({"registration": ""}, "BE", "consumer", "registration_missing"),
        ({"registration": ""}, "BE", "business", ""),
        ({"address": " "}, "FR", "business", "agent_address_missing"),
    ],
)
def test_L5_no_third_party_without_mandate(changes: dict[str, object], country: str, legal_type: str, code: str) -> None:
    from dataclasses import replace

    assert refusal(replace(AGENT, **changes), country, legal_type, "FR76 12345", date(2026, 5, 19)) == code  # type: ignore[arg-type]


def test_every_regime_has_its_table() -> None:
    for found in REGIMES.values():
        assert found.rates in KNOWN or found.rates == ("NL", "consumer")
