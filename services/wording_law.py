"""The sentences of the law: legal bases in the debtor's language, why nothing may be asked for, which rule a scenario breaks."""

from __future__ import annotations

from collections.abc import Mapping

from services.language import N_, translate

BASES: dict[str, str] = {
    "basis_fr_business": N_(
        "Article L441-10 of the French commercial code: penalties at the rate of the European Central Bank increased by "
        "10 points, due without reminder, and fixed compensation of €40 per invoice (article D441-5)."
    ),
    "basis_fr_public": N_(
        "Articles L2192-10 to L2192-14 and R2192-31 to R2192-36 of the French public procurement code: interest at the rate "
        "of the European Central Bank increased by 8 points, and fixed compensation of €40."
    ),
    "basis_fr_consumer": N_(
        "Articles 1231-6 and 1344-1 of the French civil code: interest at the legal rate from the formal notice."
    ),
    "basis_be_business": N_(
        "Belgian law of 2 August 2002 on late payment in commercial transactions: interest of right (article 5) and fixed "
        "compensation of €40 (article 6)."
    ),
    "basis_be_public": N_(
        "Belgian law of 2 August 2002 on late payment in commercial transactions: interest of right (article 5) and fixed "
        "compensation of €40 (article 6)."
    ),
    "basis_be_consumer": N_(
        "Articles XIX.2 and XIX.4 of the Belgian code of economic law, and the general conditions of the contract."
    ),
    "basis_lu_business": N_("Luxembourg law of 18 April 2004 on payment periods and late interest."),
    "basis_lu_public": N_("Luxembourg law of 18 April 2004 on payment periods and late interest."),
    "basis_lu_consumer": N_("Luxembourg law of 18 April 2004 on payment periods and late interest, article 12."),
    "basis_nl_business": N_("Articles 6:119a and 6:96 of the Dutch civil code: commercial interest and costs of collection."),
    "basis_nl_public": N_("Articles 6:119b and 6:96 of the Dutch civil code: commercial interest and costs of collection."),
    "basis_nl_consumer": N_("Articles 6:119 and 6:96 of the Dutch civil code: statutory interest and costs of collection."),
    "basis_de_business": N_("§ 288 of the German civil code: 9 points above the base rate and a lump sum of €40."),
    "basis_de_public": N_("§ 288 of the German civil code: 9 points above the base rate and a lump sum of €40."),
    "basis_de_consumer": N_("§ 288 of the German civil code: 5 points above the base rate."),
}

REFUSALS: dict[str, str] = {
    "country_without_rules": N_("Encours has no rules for this country: nothing is asked for on top of the debt."),
    "insolvent": N_("The customer is insolvent: nothing may be asked for; declare the debt to the insolvency practitioner."),
    "not_late": N_("Not late yet."),
    "not_yet": N_("Not before %(from_on)s."),
    "clause_missing": N_("Your contracts with private persons provide for no compensation: nothing may be asked for."),
    "formal_notice_missing": N_("A private person owes interest from a formal notice only, and none was sent."),
    "free_reminder_missing": N_(
        "A Belgian private person owes nothing on top before a first reminder, free of charge, that grants 14 days; none is recorded."
    ),
    "free_reminder_running": N_(
        "The period granted by the free first reminder runs: nothing may be asked for before %(from_on)s."
    ),
}

LIMITATIONS: dict[str, str] = {
    "limitation_fr_5": N_("five years (commercial code, L110-4)"),
    "limitation_fr_public": N_("four years from the end of the year (law of 31 December 1968)"),
    "limitation_fr_2": N_("two years (consumer code, L218-2)"),
    "limitation_be_10": N_("ten years (former civil code, 2262bis)"),
    "limitation_be_public": N_("five years"),
    "limitation_be_1": N_("one year (former civil code, 2272)"),
    "limitation_lu_10": N_("ten years (commercial code, 189)"),
    "limitation_nl_5": N_("five years (BW 3:307)"),
    "limitation_de_3": N_("three years from the end of the year (BGB 195, 199)"),
}

CEILINGS: dict[str, str] = {
    "terms_fr_60": N_("The terms exceed 60 days (commercial code, L441-10): due on %(last_on)s at the latest."),
    "terms_fr_45_month_end": N_(
        "The terms exceed 45 days end of month (commercial code, L441-10): due on %(last_on)s at the latest."
    ),
    "terms_fr_45_periodic": N_(
        "Periodic invoices are due within 45 days (commercial code, L441-10): on %(last_on)s at the latest."
    ),
    "terms_be_60": N_("The terms exceed 60 days (Belgian law of 2 August 2002): they count as 30 days."),
    "terms_eu_60": N_("The terms exceed 60 days (directive 2011/7/EU): they must be agreed expressly and be fair."),
    "terms_public_30": N_("A public body pays within 30 days: on %(last_on)s at the latest."),
}

UNLAWFUL: dict[str, str] = {
    "lawful_before_due": N_(
        "“%(step)s” asks for interest or costs before the due date. Nothing is owed on top until the day after."
    ),
    "lawful_thanks": N_("Thanks ask for nothing."),
    "lawful_formal_needs_person": N_("A formal notice or a handover is always confirmed by a person."),
    "lawful_fr_consumer": N_(
        "“%(step)s” asks a French private person for interest before a formal notice (civil code, 1231-6 and 1344-1), and no "
        "costs may be asked for at all (L111-8 CPCE)."
    ),
    "lawful_be_first_free": N_(
        "“%(step)s” asks a Belgian private person for costs or interest without a free first reminder in writing before it "
        "(code of economic law, XIX.2)."
    ),
    "lawful_be_skippable": N_(
        "“%(step)s” is the free first reminder that Belgian law demands before any cost (XIX.2): it may not be skipped."
    ),
    "lawful_be_period": N_(
        "“%(step)s” is the free first reminder that Belgian law demands (XIX.2): it must grant %(days)s days at least."
    ),
    "lawful_be_wait": N_(
        "“%(step)s” asks for costs too soon: %(days)s days at least must lie between the free first reminder and it (XIX.2, "
        "with the time of the post and one day of margin)."
    ),
    "lawful_nl_first_free": N_(
        "“%(step)s” asks a Dutch private person for costs without a first reminder of 14 days before it (BW 6:96 lid 6)."
    ),
    "lawful_nl_skippable": N_("“%(step)s” is the 14-day letter that Dutch law demands (BW 6:96 lid 6): it may not be skipped."),
    "lawful_nl_period": N_(
        "“%(step)s” is the letter that Dutch law demands (BW 6:96 lid 6): it must grant %(days)s days at least."
    ),
    "lawful_nl_wait": N_(
        "“%(step)s” asks for costs too soon: %(days)s days at least must lie between the 14-day letter and it (BW 6:96 lid 6)."
    ),
    "lawful_reminder_first": N_("“%(step)s” asks a private person for interest without a reminder in writing before it."),
    "lawful_country_unknown": N_(
        "Encours has no rules for private persons in this country: “%(step)s” may ask for nothing on top."
    ),
}

LAW_ERRORS: dict[str, str] = {
    "rate_table_unknown": N_("There is no such table of rates."),
    "rate_wrong": N_("“%(value)s” is not a rate. Write it like 12,40: from 0 to 100, three decimals at most."),
    "rate_source_missing": N_("Say where the rate comes from: an official journal, a web address."),
    "rate_day_wrong": N_("Rates of this table start on %(days)s."),
    "contract_rate_low": N_(
        "A contractual rate is at least three times the legal rate (commercial code, L441-10): %(floor)s %% today."
    ),
    "claims_nothing": N_("There is nothing to claim."),
    "claims_provisional": N_("A rate is missing: enter it under Settings, Legal rates, before claiming interest."),
    "claim_decided": N_("This claim is already decided."),
    "claim_reason_missing": N_("Say why it is given up: the accounts keep it."),
    "claim_paid_late": N_("A payment cannot lie in the future."),
    "agent_incomplete": N_("Give the name, the address and the date of the mandate of who writes in your name."),
    "agent_address_missing": N_("The address of who writes in your name is missing. Nothing was sent."),
    "mandate_missing": N_("There is no mandate for writing in this company’s name. Nothing was sent."),
    "mandate_ended": N_("The mandate for writing in this company’s name has ended. Nothing was sent."),
    "mandate_iban_differs": N_("The account on the letters is not the one of the mandate: money goes to the client alone."),
    "registration_missing": N_("Chasing Belgian private persons for others needs a registration with the SPF Economie."),
}

LAW_FATES: dict[str, str] = {
    "agent_address_missing": N_("Address of the agent missing, not sent"),
    "mandate_missing": N_("No mandate, not sent"),
    "mandate_ended": N_("Mandate ended, not sent"),
    "mandate_iban_differs": N_("Account differs from the mandate, not sent"),
    "registration_missing": N_("No registration for private persons, not sent"),
}

LAW_SENTENCES: dict[str, str] = {**REFUSALS, **CEILINGS, **UNLAWFUL, **LAW_ERRORS}


STAGES = {
    "notice": N_("Notice"), "reminder": N_("Reminder %(level)s"), "formal_notice": N_("Formal notice"), "handover": N_("Handover"),
    "thanks": N_("Thanks"),
}  # fmt: skip


def step_named(language: str, params: Mapping[str, object]) -> dict[str, object]:
    """The parameters of a breach with its step in words."""
    stage = STAGES.get(str(params.get("stage")), "")
    return {**params, "step": translate(language, stage, level=params.get("level") or 1) if stage else ""}


def basis(language: str, code: str) -> str:
    """The legal basis in a language; "" for a country without rules."""
    return translate(language, BASES[code]) if code in BASES else ""


def limitation_basis(language: str, code: str) -> str:
    """The rule of limitation in a few words."""
    return translate(language, LIMITATIONS[code]) if code in LIMITATIONS else ""
