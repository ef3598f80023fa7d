"""What files say about customers: new ones, changed ones, their contacts, profiles and sales representatives.

A field a person has edited here is never overwritten, nor is a contact a person made; a file that says nothing
about a field leaves it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from operator import attrgetter

from sqlalchemy.orm import Session

from models import bulk
from models.company import Company, Profile, SalesRep
from models.e_invoices import announced_items
from models.ledger import (
    CUSTOMER_FIELDS,
    Known,
    KnownContact,
    default_profile_id,
    known_contacts,
    known_customers,
    profiles_by_word,
    sales_reps_by_word,
)
from rules.invoices import Numbered, bare_name, identities, pair
from rules.ledger import LedgerLine, LedgerSnapshot, ThirdParty
from rules.merge import customer_part
from rules.terms import MODES, Mode, Terms
from rules.words import fold

AS_SAID = (
    "street", "postcode", "city", "country", "language", "vat_number", "company_number", "method", "terms_days",
    "terms_mode", "credit_limit_cents", "legal_type",
)  # fmt: skip
"""Fields taken over as the file says them, under the same name."""


PROVISIONAL = "@"
"""How the code of a customer begins whom only electronic invoices know; the ledger gives the real one."""

_said = attrgetter(*(one.name for one in fields(ThirdParty) if one.name not in ("customer", "name")))
_NOTHING = _said(ThirdParty(""))


@dataclass(slots=True)
class CustomerPlan:
    """Customers as they will be. Ids below 0 stand for rows not written yet."""

    ids: dict[str, int] = field(default_factory=dict)  # by code
    known: dict[str, Known] = field(default_factory=dict)  # before
    after: dict[str, Known] = field(default_factory=dict)  # new and changed ones
    contacts: list[tuple[Known, ThirdParty]] = field(default_factory=list)
    profiles: dict[str, int] = field(default_factory=dict)  # by word, as known and as to be made
    sales_reps: dict[str, int] = field(default_factory=dict)
    new_profiles: dict[int, str] = field(default_factory=dict)
    new_sales_reps: dict[int, str] = field(default_factory=dict)
    default_profile_id: int | None = None
    met: int = 0  # customers of the file

    new: list[Known] = field(default_factory=list)
    changed: list[Known] = field(default_factory=list)

    def terms(self) -> dict[int, Terms]:
        """Agreed terms by customer id, as they will be."""
        return {
            self.ids[one.code]: Terms(one.terms_days, one.terms_mode or Mode.NET)
            for one in (self.known | self.after).values()
            if one.terms_days is not None
        }

    def with_new_terms(self) -> set[int]:
        """Ids of known customers whose terms the file changes."""
        return {
            one.id
            for one in self.changed
            if (one.terms_days, one.terms_mode) != (self.known[one.code].terms_days, self.known[one.code].terms_mode)
        }


def plan_customers(session: Session, company: Company, snapshot: LedgerSnapshot) -> CustomerPlan:
    """Customers, contacts, profiles and sales representatives as the file will leave them; writes nothing."""
    plan = CustomerPlan(
        known=known_customers(session, company.id),
        profiles=profiles_by_word(session, company.id),
        sales_reps=sales_reps_by_word(session, company.id),
        default_profile_id=default_profile_id(session, company.id),
    )
    plan.ids = {code: one.id for code, one in plan.known.items()}
    said = {party.customer: party for party in snapshot.third_parties}
    met = list(_met(snapshot.lines, said))
    for code, provisional in _recognised(session, company, plan, snapshot, met, said).items():
        plan.known[code] = plan.known.pop(provisional)
        plan.ids[code] = plan.ids.pop(provisional)
    for code, name, account in met:
        plan.met += 1
        before = plan.known.get(code)
        if before is None:
            before = Known.new(-1 - len(plan.after), code, account, plan.default_profile_id)
            plan.ids[code] = before.id
        party = said.get(code)
        after = _as_said(plan, before, party, name, account)
        if after.code != code:
            after = after._replace(code=code)
        if after != before or before.id < 0:
            plan.after[code] = after
        if party and (party.email or party.phone or party.contact_name):
            plan.contacts.append((after, party))
    plan.changed = [one for one in plan.after.values() if one.id > 0]
    plan.new = [one for one in plan.after.values() if one.id < 0]
    plan.new.sort(key=lambda one: customer_part(one.code))  # in the order of their items' keys: written faster
    return plan


def _recognised(
    session: Session,
    company: Company,
    plan: CustomerPlan,
    snapshot: LedgerSnapshot,
    met: Sequence[tuple[str, str, str]],
    said: dict[str, ThirdParty],
) -> dict[str, str]:
    """New codes of the file whose customers electronic invoices had brought: code → provisional code. By an invoice
    (same number and amount), by VAT or company number, by name; only where nothing else fits."""
    waiting = {one.id: one for code, one in plan.known.items() if code.startswith(PROVISIONAL)}
    fresh = {code: name for code, name, _ in met if code not in plan.known and not code.startswith(PROVISIONAL)}
    if not waiting or not fresh:
        return {}
    by_invoice: dict[int, set[str]] = {}
    announced = [one for one in announced_items(session, company.id) if one.customer_id in waiting]
    owner = {one.item_id: one.customer_id for one in announced}
    mine = [Numbered(one.item_id, one.currency, one.piece, one.document_on, (one.amount_cents,)) for one in announced]
    lines = (
        Numbered(index, one.currency, one.piece, one.document_on, (one.amount_cents,))
        for index, one in enumerate(snapshot.lines)
        if one.customer in fresh and one.piece
    )
    for item_id, (index, agree) in pair(mine, lines).items():
        if agree:
            by_invoice.setdefault(owner[item_id], set()).add(snapshot.lines[index].customer)
    found: dict[str, str] = {}
    for number, one in waiting.items():
        codes = by_invoice.get(number) or _alike(one, fresh, said)
        if len(codes) == 1 and (code := next(iter(codes))) not in found:
            found[code] = one.code
    return found


def _alike(one: Known, fresh: dict[str, str], said: dict[str, ThirdParty]) -> set[str]:
    """The new codes of whom the file says the same numbers, else the same name."""
    mine = identities(one.vat_number, one.company_number)
    numbered = {
        code for code in fresh if (party := said.get(code)) and mine & identities(party.vat_number, party.company_number)
    }
    name = bare_name(one.ledger_name)
    return numbered or {code for code, called in fresh.items() if name and bare_name(called) == name}


def _met(lines: Sequence[LedgerLine], said: dict[str, ThirdParty]) -> Iterable[tuple[str, str, str]]:
    """(code, name, account) of every customer of the file, in order; the name of the third party, else the last line's."""
    met: dict[str, tuple[str, str]] = {}
    for one in lines:
        met[one[1]] = (one[2], one[3])
    for code, party in said.items():
        name, account = met.get(code, ("", ""))
        met[code] = (party.name or name, account)
    return ((code, name, account) for code, (name, account) in met.items())


def _as_said(plan: CustomerPlan, before: Known, party: ThirdParty | None, name: str, account: str) -> Known:
    """The customer with what the file says, except fields edited here."""
    name = name.strip() or before.ledger_name or before.code
    if party is not None and _said(party) == _NOTHING:
        party = None
    if name == before.ledger_name and (not account or account == before.account) and party is None:
        return before
    edited = set(json.loads(before.edited_fields)) if before.edited_fields != "[]" else set()
    changes: dict[str, object] = {"ledger_name": name, "account": account or before.account}
    if "name" not in edited and name != before.ledger_name:
        changes |= {"name": name, "name_folded": fold(name)}
    if party is not None:
        for column in AS_SAID:
            value = getattr(party, column)
            if value not in ("", None) and column not in edited:
                changes[column] = value
        if changes.get("terms_mode") not in (None, *MODES):
            del changes["terms_mode"]
        for column, words, made in (
            ("profile", plan.profiles, plan.new_profiles),
            ("sales_rep", plan.sales_reps, plan.new_sales_reps),
        ):
            word = getattr(party, column).strip()
            if word and not edited & {column, f"{column}_id"}:
                changes[f"{column}_id"] = _id_of(word, words, made)
    return before._replace(**changes)  # type: ignore[arg-type]


def _id_of(word: str, known: dict[str, int], made: dict[int, str]) -> int:
    found = known.get(word.casefold())
    if found is None:
        found = known[word.casefold()] = -1 - len(made)
        made[found] = word
    return found


@dataclass(slots=True)
class CustomerUndo:
    """What takes the customers of a sync back."""

    new_from: int = 0  # ids above this one are new
    made: set[int] = field(default_factory=set)  # their ids; not stored
    rows: list[Known] = field(default_factory=list)
    contacts_new_from: int = 0
    contacts: list[KnownContact] = field(default_factory=list)


def write_customers(session: Session, company: Company, plan: CustomerPlan, now: datetime, today: date) -> CustomerUndo:
    """Writes the plan; afterwards `plan.ids` holds real ids only."""
    profile_ids = {temporary: _new_profile(session, company, word) for temporary, word in plan.new_profiles.items()}
    rep_ids = {temporary: _new_sales_rep(session, company, word) for temporary, word in plan.new_sales_reps.items()}

    def real(one: Known) -> Known:
        if not profile_ids and not rep_ids:
            return one
        return one._replace(
            profile_id=profile_ids.get(one.profile_id or 0, one.profile_id),
            sales_rep_id=rep_ids.get(one.sales_rep_id or 0, one.sales_rep_id),
        )

    undo = CustomerUndo(new_from=bulk.last_id(session, "customer"))
    _write_new(session, company, plan, [real(one) for one in plan.new], undo, now, today)
    changed = plan.changed
    undo.rows = [plan.known[one.code] for one in changed]
    bulk.update(session, "customer", CUSTOMER_FIELDS, [(*real(one)[1:], one.id) for one in changed])
    _write_contacts(session, company, plan, undo)
    return undo


def _write_new(
    session: Session,
    company: Company,
    plan: CustomerPlan,
    new: Sequence[Known],
    undo: CustomerUndo,
    now: datetime,
    today: date,
) -> None:
    if not new:
        return
    ids = range(undo.new_from + 1, undo.new_from + 1 + len(new))
    shared = {
        "company_id": company.id,
        "created_at": now.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"),
        "tags": "[]",
        "review_on": today.isoformat(),
    }
    rows = [(number, *one[1:]) for number, one in zip(ids, new, strict=True)]
    bulk.insert_shared(session, "customer", Known._fields, rows, shared, CUSTOMER_FIELDS)
    undo.made = set(ids)
    plan.ids |= zip((one.code for one in new), ids, strict=True)


def _new_profile(session: Session, company: Company, word: str) -> int:
    made = Profile(company_id=company.id, code=re.sub(r"\W+", "_", fold(word)), name=word, is_default=False)
    session.add(made)
    session.flush()
    return made.id


def _new_sales_rep(session: Session, company: Company, word: str) -> int:
    made = SalesRep(company_id=company.id, code=word, name=word)
    session.add(made)
    session.flush()
    return made.id


def _write_contacts(session: Session, company: Company, plan: CustomerPlan, undo: CustomerUndo) -> None:
    """The ledger's contact of a customer; one that a person made or changed is left alone."""
    known = known_contacts(session, company.id)
    undo.contacts_new_from = bulk.last_id(session, "contact")
    new, changed, renumbered = [], [], list[tuple[int]]()
    for customer, party in plan.contacts:
        customer_id = plan.ids[customer.code]
        before = known.get(customer_id)
        if before is None:
            new.append((customer_id, party.contact_name, "billing", party.email, party.phone, 1))
        elif before.from_ledger:
            after = before._replace(
                name=party.contact_name or before.name,
                email=party.email or before.email,
                phone=party.phone or before.phone,
                email_bad_reason="" if party.email and party.email != before.email else before.email_bad_reason,
            )
            if after != before:
                undo.contacts.append(before)
                changed.append((after.name, after.email, after.phone, after.email_bad_reason, after.id))
                if after.phone != before.phone:
                    renumbered.append((after.id,))
    bulk.run(session, "UPDATE contact SET phone_bad_reason = '', phone_bad_at = NULL WHERE id = ?", renumbered)
    bulk.insert(session, "contact", ("customer_id", "name", "role", "email", "phone", "from_ledger"), new)
    bulk.update(session, "contact", ("name", "email", "phone", "email_bad_reason"), changed)
