"""Enriching customers: what a person edits is remembered as edited, so that no sync overwrites it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models import audit
from models.addresses import billing_contact
from models.company import Company
from models.customers import Contact, Customer, Note
from models.inbound import handle_bounces
from rules.errors import DomainError
from rules.words import fold
from services import syncs, worklist

ADDRESS = ("street", "postcode", "city", "country")
TERMS = {"terms_days", "terms_mode"}


def edit_customer(
    session: Session, company: Company, customer: Customer, actor_id: int | None, now: datetime, today: date, **fields: Any
) -> dict[str, Any]:
    """Change what enriches a customer; gives what changed. New terms move due dates, and the customer is decided again.

    Errors: customer_name_missing, terms_negative."""
    if "name" in fields and not fields["name"]:
        raise DomainError("customer_name_missing")
    if (fields.get("terms_days") or 0) < 0:
        raise DomainError("terms_negative")
    changed = {name: [getattr(customer, name), value] for name, value in fields.items() if getattr(customer, name) != value}
    if not changed:
        return {}
    for name, (_, value) in changed.items():
        setattr(customer, name, value)
    if "name" in changed:
        customer.name_folded = fold(customer.name)
    customer.edited_fields = sorted({*customer.edited_fields, *changed})
    company.ledger_version += 1  # limits and names are part of what pages remember
    audit.record(session, now, actor_id, company.id, "update", "customer", customer.id, changed)
    if changed.keys() & TERMS:
        syncs.recompute_due_dates(session, company, [customer.id], today)
    worklist.touch(session, customer.id, today)
    return changed


def save_contact(
    session: Session,
    customer: Customer,
    contact: Contact | None,
    actor_id: int | None,
    now: datetime,
    today: date,
    **fields: str,
) -> Contact:
    """Add or change a contact; a changed address counts as good again. Errors: contact_empty, email_wrong."""
    if not any(fields.get(name) for name in ("name", "email", "phone", "mobile")):
        raise DomainError("contact_empty")
    if fields.get("email") and not _is_address(fields["email"]):
        raise DomainError("email_wrong", value=fields["email"])
    verb = "update" if contact else "create"
    if contact is None:
        contact = Contact(customer_id=customer.id, email="", email_bad_reason="", phone="", mobile="", phone_bad_reason="")
        session.add(contact)
    elif contact.email.lower() != fields.get("email", contact.email).lower():
        contact.email_bad_reason, contact.email_bad_at = "", None
        handle_bounces(session, customer.id, actor_id, now)
    if any(
        _digits(fields.get(name, there)) != _digits(there)
        for name, there in (("phone", contact.phone), ("mobile", contact.mobile))
    ):
        contact.phone_bad_reason, contact.phone_bad_at = "", None
    for name, value in fields.items():
        setattr(contact, name, value)
    contact.from_ledger = False
    session.flush()
    _tell(session, customer, verb, contact, actor_id, now, today, fields)
    return contact


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isdigit())


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and "." in domain.strip(".")) and not set(text) & set(" \t,;<>()\"'") and text.isprintable()


def repair_address(
    session: Session, company: Company, customer: Customer, actor_id: int | None, now: datetime, today: date, **typed: str
) -> None:
    """Fill in what is missing to reach a customer; what is typed empty stays as it is. Errors: email_wrong."""
    given = {name: value for name, value in typed.items() if value}
    post = {name: value for name, value in given.items() if name in ADDRESS}
    if post:
        edit_customer(session, company, customer, actor_id, now, today, **post)
    reach = {name: value for name, value in given.items() if name in ("email", "phone")}
    if reach:
        contact = billing_contact(session, customer.id)
        known = {} if contact is None else {"name": contact.name, "email": contact.email, "phone": contact.phone}
        save_contact(session, customer, contact, actor_id, now, today, **{**known, **reach})


def remove_contact(
    session: Session, customer: Customer, contact: Contact, actor_id: int | None, now: datetime, today: date
) -> None:
    """Take a contact away."""
    session.delete(contact)
    _tell(session, customer, "delete", contact, actor_id, now, today, {"name": contact.name})


def mark_good(session: Session, customer: Customer, contact: Contact, actor_id: int | None, now: datetime, today: date) -> None:
    """A person vouches for an address that a server refused: messages go there again."""
    contact.email_bad_reason, contact.email_bad_at = "", None
    handle_bounces(session, customer.id, actor_id, now)
    _tell(session, customer, "mark_good", contact, actor_id, now, today, {})


def mark_phone_good(
    session: Session, customer: Customer, contact: Contact, actor_id: int | None, now: datetime, today: date
) -> None:
    """A person vouches for numbers found wrong: the contact is called again."""
    contact.phone_bad_reason, contact.phone_bad_at = "", None
    _tell(session, customer, "mark_phone_good", contact, actor_id, now, today, {})


def _tell(
    session: Session, customer: Customer, verb: str, contact: Contact, actor_id: int | None, now: datetime, today: date,
    changes: dict[str, Any],
) -> None:  # fmt: skip
    audit.record(session, now, actor_id, customer.company_id, verb, "contact", contact.id, {"customer": customer.id, **changes})
    worklist.touch(session, customer.id, today)


def write_note(session: Session, customer: Customer, body: str, pinned: bool, author_id: int, now: datetime) -> Note:
    """Leave a note on a customer. Errors: note_empty."""
    if not body.strip():
        raise DomainError("note_empty")
    note = Note(customer_id=customer.id, author_id=author_id, written_at=now, body=body.strip(), pinned=pinned)
    session.add(note)
    session.flush()
    audit.record(session, now, author_id, customer.company_id, "create", "note", note.id, {"customer": customer.id})
    return note


def pin_note(session: Session, customer: Customer, note: Note, pinned: bool, actor_id: int, now: datetime) -> None:
    """Keep a note on top of the card, or let it go down the timeline."""
    note.pinned = pinned
    audit.record(session, now, actor_id, customer.company_id, "pin" if pinned else "unpin", "note", note.id)


def remove_note(session: Session, customer: Customer, note: Note, actor_id: int, now: datetime) -> None:
    """Take one's own note away. Errors: note_of_another."""
    if note.author_id != actor_id:
        raise DomainError("note_of_another")
    session.delete(note)
    audit.record(session, now, actor_id, customer.company_id, "delete", "note", note.id, {"customer": customer.id})
