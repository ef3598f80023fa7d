"""The sentences of the decision: why something is held back, why a person must confirm, why nothing leaves by itself.

Codes and parameters come from `rules.dunning*`; `services.wording.sentence` fills them in."""

from __future__ import annotations

from collections.abc import Mapping

from services import language as words
from services.language import N_

DISPUTE_REASONS: dict[str, str] = {
    "quantity": N_("quantity contested"),
    "price": N_("price contested"),
    "quality": N_("quality contested"),
    "not_received": N_("goods or service not received"),
    "already_paid": N_("already paid, says the customer"),
    "wrong_customer": N_("wrong customer"),
    "other": N_("other reason"),
}

RECIPIENTS: dict[str, str] = {
    "bailiff": N_("a bailiff"),
    "lawyer": N_("a lawyer"),
    "agency": N_("a collection agency"),
}

HELD_SENTENCES: dict[str, str] = {
    "insolvent": N_("Insolvent since %(since_on)s: no more reminders"),
    "handed_over": N_("In the hands of %(recipient)s since %(since_on)s"),
    "plan": N_("Payment plan kept to: %(amount_cents)s expected on %(next_on)s"),
    "plan_late": N_("Payment plan: %(amount_cents)s late since %(next_on)s, asked for by itself"),
    "dispute": N_("Dispute open since %(opened_on)s: %(reason)s"),
    "hold": N_("On hold: %(reason)s"),
    "hold_until": N_("On hold until %(until_on)s: %(reason)s"),
    "not_in_ledger": N_("Invoice of %(document_on)s is missing in the ledger: to be checked"),
    "payment_seen": N_("Payment of %(amount_cents)s seen at the bank on %(paid_on)s, not allocated yet"),
    "promise": N_("Promise of %(amount_cents)s for %(promised_on)s"),
    "direct_debit": N_("Direct debit planned on %(due_on)s"),
    "wait": N_("Time granted until %(until_on)s"),
    "covered": N_("Covered by credits not allocated yet"),
    "below_floor": N_("Below the reminder threshold (%(floor_cents)s)"),
    "gap": N_("Contacted on %(contact_on)s, possible again from %(again_on)s"),
    "no_channel": N_("No way to reach this customer"),
    "no_channel_email_missing": N_("E-mail address missing"),
    "no_channel_email_bad": N_("E-mail address refused by the server"),
    "no_channel_letter_incomplete": N_("Postal address incomplete"),
    "reply_to_read": N_("Reply of %(received_on)s to read"),
    "no_channel_call_bad": N_("Phone number wrong"),
    "no_channel_sms_bad": N_("Phone number wrong"),
    "no_channel_call_missing": N_("Phone number missing"),
    "no_channel_sms_missing": N_("Phone number missing"),
    "no_scenario": N_("No scenario for this customer"),
}

CONFIRM_SENTENCES: dict[str, str] = {
    "above_ceiling": N_("Above the ceiling of %(ceiling_cents)s: a person decides"),
    "first_contact": N_("First contact for a large amount: a person decides"),
    "amount_changed": N_("The amount changed since it was planned (%(planned_cents)s): a person decides"),
    "old_debt": N_("More than %(days)s days late when first seen: a person decides"),
    "formal_notice": N_("Formal notice: a person decides"),
    "handover": N_("Handover: a person decides"),
    "step_confirm": N_("To be confirmed"),
    "step_manual": N_("Done by a person"),
}

BLOCK_SENTENCES: dict[str, str] = {
    "no_sync": N_("No ledger has been synchronised yet. Nothing leaves by itself."),
    "ledger_stale": N_("The last synchronisation is %(hours)s hours old. Nothing leaves by itself before a new one."),
    "ledger_gap": N_("Gap of %(gap_cents)s. Nothing will be sent as long as it remains."),
    "paused": N_("All sending is paused: %(reason)s"),
    "outside_window": N_("Outside the sending window (working days, %(opens)s to %(closes)s)."),
}

ACTION_ERRORS: dict[str, str] = {
    "promise_past": N_("This day has passed. Choose %(today_on)s or later."),
    "promise_amount": N_("Give an amount above zero."),
    "promise_nothing_open": N_("Nothing is open any more: there is nothing to confirm."),
    "promise_decided": N_("This promise is already decided."),
    "plan_amount": N_("There is nothing to pay in instalments."),
    "plan_shape": N_("Give either the number of instalments or their amount."),
    "plan_frequency": N_("Choose how often from the list."),
    "plan_count": N_("Give a number of instalments from 1 to %(most)s."),
    "plan_each": N_("This amount does not fit: at most %(most)s instalments, none above the total."),
    "plan_past": N_("This day has passed. Choose %(today_on)s or later."),
    "plan_items": N_("Choose at least one invoice."),
    "plan_item_taken": N_("An invoice of this plan is paid or belongs to another plan. Choose again."),
    "plan_currencies": N_("The invoices chosen are in several currencies: make one plan for each."),
    "plan_not_proposed": N_("This plan was accepted or is over already."),
    "plan_accepted_future": N_("This day is to come. Choose %(today_on)s or earlier."),
    "plan_broken_already": N_("With its present dates this plan is broken already. Propose a new one."),
    "plan_not_live": N_("This plan is not in force."),
    "plan_decided": N_("This plan is over already."),
    "plan_not_over": N_("This plan is not over."),
    "item_unknown": N_("This item does not belong to the customer."),
    "hold_reason_missing": N_("Give a reason."),
    "hold_past": N_("This day has passed. Choose %(today_on)s or later."),
    "dispute_reason_unknown": N_("Choose a reason from the list."),
    "dispute_amount": N_("Give an amount above zero, or none for the whole item."),
    "dispute_outcome": N_("Say whether the dispute was accepted or refused."),
    "dispute_over": N_("This dispute is solved. Open it again first."),
    "reason_name_missing": N_("Enter a name."),
    "reason_name_taken": N_("There is already a reason “%(name)s”."),
    "reason_days": N_("Give a number of days from 1 to 365."),
    "document_empty": N_("This file is empty."),
    "document_too_large": N_("This file is too large: at most %(megabytes)s MB."),
    "handover_recipient": N_("Choose from the list."),
    "handover_future": N_("This day is to come. Choose %(today_on)s or earlier."),
    "handover_open": N_("This file is handed over already."),
    "handover_ended": N_("This hand-over has ended already."),
    "handover_outcome": N_("Choose an outcome from the list."),
    "insolvency_kind": N_("Choose from the list."),
    "insolvency_future": N_("A judgment lies in the past. Choose %(today_on)s or earlier."),
    "insolvency_order": N_("This day lies before the judgment."),
    "alert_unknown": N_("This point of vigilance is gone."),
    "alert_past": N_("Choose a day after today."),
    "outcome_unknown": N_("Choose an outcome from the list."),
    "nothing_to_record": N_("There is no longer a call to make to this customer."),
    "company_unknown": N_("There is no company “%(value)s”."),
    "scenario_name_missing": N_("Give the scenario a name."),
    "scenario_name_taken": N_("There is already a scenario “%(name)s”."),
    "step_value_wrong": N_("“%(value)s” cannot be chosen here."),
    "step_days_wrong": N_("Give a number of days from 0 to %(days)s; only the due date can be counted before."),
    "step_trigger_wrong": N_("Thanks follow a payment, and only thanks do."),
    "step_notice_late": N_("A notice comes before the due date."),
    "step_legal_automatic": N_("A formal notice or a handover is always confirmed by a person."),
    "step_fallback_same": N_("Choose another channel for customers without the first one."),
    "step_amounts_wrong": N_("The ceiling must be above the floor."),
    "step_repeat_wrong": N_("Only the last step repeats: give days and how many times."),
    "step_order_wrong": N_("Steps must follow in order: notices, reminders by level and day, formal notice, handover, thanks."),
    "step_first_previous": N_("The first step has none before it: count its days from the due date."),
    "scenario_file_large": N_("This file is too large for a scenario."),
    "scenario_file_json": N_("This file is not complete JSON: line %(line)s, column %(column)s."),
    "scenario_file_kind": N_("This is not the file of a scenario. Export one to see what it looks like."),
    "scenario_file_version": N_("This file comes from another version of Encours and cannot be read here."),
    "scenario_file_value": N_("The value at “%(place)s” cannot be used. Correct it in the file and try again."),
    "pack_unknown": N_("Choose from the list."),
    "rule_empty": N_("Say at least one thing about the customers this rule is for."),
    "rule_scores_wrong": N_("Give scores from 0 to 100, the lower one first."),
    "rule_amount_wrong": N_("Give an amount above zero."),
    "rule_country_wrong": N_("“%(value)s” is not a country. Write its two letters, like FR or BE."),
    "rule_choice_wrong": N_("Choose from the lists."),
    "rule_too_many": N_("There are %(most)s rules already: remove one first."),
    "step_last": N_("A scenario keeps at least one step."),
}

DECISION_SENTENCES: dict[str, str] = {**HELD_SENTENCES, **CONFIRM_SENTENCES, **BLOCK_SENTENCES, **ACTION_ERRORS}


def variant(language: str, code: str, params: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The form of a sentence that fits its parameters: a hold with an end, the channel that is missing, a dispute's reason."""
    shown = dict(params)
    if code == "hold" and params.get("until_on"):
        code = "hold_until"
    elif code == "no_channel":
        exact = f"no_channel_{params.get('channel')}_{params.get('problem')}"
        code = exact if exact in HELD_SENTENCES else code
    elif code == "dispute":
        said = str(params.get("reason") or "other")  # a company's own reasons are in its own words
        shown["reason"] = words.translate(language, DISPUTE_REASONS[said]) if said in DISPUTE_REASONS else said
    elif code == "handed_over":
        said = str(params.get("recipient"))
        shown["recipient"] = words.translate(language, RECIPIENTS.get(said, said))
    return code, shown
