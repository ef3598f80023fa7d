"""The scenarios and profiles a new company starts with; edited freely afterwards.

Each has e-mail first and another channel for customers without it. Offsets are calendar days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from services.language import N_


class ReadyStep(NamedTuple):
    """A step as `models.scenarios.Step` keeps it; what is not said is the table's default."""

    stage: str
    level: int
    trigger: str
    days: int
    channel: str
    template_code: str
    mode: str = "automatic"
    fallback: str = ""
    wait_days: int = 0
    may_be_overtaken: bool = True
    charges: str = ""


@dataclass(frozen=True, slots=True)
class ReadyScenario:
    """A ready-made scenario: its code for ever, its name in the company's language, its steps in order."""

    code: str
    name: str
    steps: tuple[ReadyStep, ...]


def _formal(days: int, wait: int) -> ReadyStep:
    return ReadyStep(
        "formal_notice", 0, "previous", days, "letter", "formal_notice", "confirm", wait_days=wait, may_be_overtaken=False
    )


def _handover(days: int) -> ReadyStep:
    return ReadyStep("handover", 0, "previous", days, "other", "handover", "manual", may_be_overtaken=False)


def _call(level: int, trigger: str, days: int) -> ReadyStep:
    return ReadyStep("reminder", level, trigger, days, "call", "call", "manual")


def _mail(level: int, trigger: str, days: int, mode: str = "automatic", wait: int = 0, skip: bool = True) -> ReadyStep:
    return ReadyStep("reminder", level, trigger, days, "email", f"reminder_{level}", mode, "letter", wait, skip)


def _notice(days: int, template: str = "notice") -> ReadyStep:
    return ReadyStep("notice", 0, "due", days, "email", template)


def _thanks(days: int) -> ReadyStep:
    return ReadyStep("thanks", 0, "payment", days, "email", "thanks")


SCENARIOS = (
    ReadyScenario(
        "standard",
        N_("Standard"),
        (
            _notice(-8), _mail(1, "due", 8), _mail(2, "previous", 8), _call(3, "previous", 7), _formal(15, 8), _handover(23),
            _thanks(3),
        ),
    ),
    ReadyScenario(
        "key_account",
        N_("Key account"),
        (
            _notice(-10), _call(1, "due", 3), _mail(2, "due", 12, "confirm"), _call(3, "previous", 8), _formal(20, 15),
            _thanks(5),
        ),
    ),
    ReadyScenario(
        "consumer",
        N_("Consumer"),
        (
            _notice(-5), _mail(1, "due", 10, wait=14, skip=False), _mail(2, "previous", 18), _formal(20, 15), _thanks(3),
        ),
    ),
    ReadyScenario(
        "direct_debit",
        N_("Direct debit"),
        (
            _notice(-5, "notice_debit"), _mail(1, "due", 3, "confirm"), _mail(2, "previous", 8), _call(3, "previous", 7),
            _formal(15, 8),
        ),
    ),
    ReadyScenario(
        "bad_payer",
        N_("Bad payer"),
        (
            _notice(-5), _mail(1, "due", 2), _call(2, "previous", 7), _formal(8, 8), _handover(16), _thanks(0),
        ),
    ),
)  # fmt: skip

PROFILES = (
    ("sme", N_("SME"), "standard"),
    ("key_account", N_("Key account"), "key_account"),
    ("sole_trader", N_("Sole trader"), "standard"),
    ("consumer", N_("Consumer"), "consumer"),
    ("partner", N_("Partner"), "standard"),
    ("public", N_("Public body"), "standard"),
    ("direct_debit", N_("Direct debit"), "direct_debit"),
    ("bad_payer", N_("Bad payer"), "bad_payer"),
)
"""Code, name, scenario. The first one is the default: what a ledger says nothing about."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A complete scenario for one kind of debtor: lawful where it is offered (`countries`; empty: everywhere)."""

    code: str
    name: str
    about: str
    legal_type: str
    countries: tuple[str, ...]
    steps: tuple[ReadyStep, ...]


def _with(step: ReadyStep, charges: str) -> ReadyStep:
    return step._replace(charges=charges)


PACKS = (
    Pack(
        "fr_business", N_("Businesses, France"),
        N_("Penalties and the fixed compensation of €40 are announced at the second reminder, claimed in the formal notice."),
        "business", ("FR",),
        (
            _notice(-8), _mail(1, "due", 5), _with(_mail(2, "previous", 8), "announce"), _call(3, "previous", 7),
            _with(_formal(12, 8), "claim"), _handover(20), _thanks(3),
        ),
    ),
    Pack(
        "fr_consumer", N_("Private persons, France"),
        N_("No costs; interest at the legal rate from the formal notice only."),
        "consumer", ("FR",),
        (
            _notice(-5), _mail(1, "due", 10), _mail(2, "previous", 15), _call(3, "previous", 10), _with(_formal(15, 15), "claim"),
            _thanks(3),
        ),
    ),
    Pack(
        "be_business", N_("Businesses, Belgium"),
        N_("Interest and the fixed compensation of €40 of the law of 2 August 2002 are claimed from the second reminder."),
        "business", ("BE",),
        (
            _notice(-8), _mail(1, "due", 5), _with(_mail(2, "previous", 8), "claim"), _call(3, "previous", 7),
            _with(_formal(12, 8), "claim"), _handover(20), _thanks(3),
        ),
    ),
    Pack(
        "be_consumer", N_("Private persons, Belgium"),
        N_("A first reminder free of charge that grants 14 days; costs within the caps of the Code of economic law after that."),
        "consumer", ("BE",),
        (
            _notice(-5), _mail(1, "due", 5, wait=14, skip=False), _with(_mail(2, "previous", 22), "claim"),
            _with(_formal(15, 15), "claim"), _thanks(3),
        ),
    ),
    Pack(
        "public", N_("Public bodies"),
        N_("More time, letters to be confirmed, interest for late payment announced before it is claimed."),
        "public", (),
        (
            _notice(-15), _mail(1, "due", 15, "confirm"), _with(_mail(2, "previous", 20, "confirm"), "announce"),
            _call(3, "previous", 15), _with(_formal(30, 30), "claim"),
        ),
    ),
    Pack(
        "direct_debit", N_("Customers on direct debit"),
        N_("The debit is announced; reminders only when it comes back."),
        "business", (),
        (
            _notice(-5, "notice_debit"), _mail(1, "due", 3, "confirm"), _mail(2, "previous", 8), _call(3, "previous", 7),
            _formal(15, 8),
        ),
    ),
    Pack(
        "key_account", N_("Key accounts"),
        N_("A call first, e-mails that a person confirms, nothing asked for on top of the debt before the formal notice."),
        "business", (),
        (
            _notice(-10), _call(1, "due", 3), _mail(2, "due", 12, "confirm"), _call(3, "previous", 8),
            _with(_formal(20, 15), "claim"), _thanks(5),
        ),
    ),
)  # fmt: skip
"""What a company can add with one click."""


def packs_for(country: str) -> tuple[Pack, ...]:
    """The packs offered to a company of a country."""
    return tuple(pack for pack in PACKS if not pack.countries or country in pack.countries)
