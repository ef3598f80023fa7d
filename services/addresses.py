"""The address a message could not reach, corrected where the failure is read."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from integrations.channels import mime
from models import audit
from models.customers import Contact, Customer, contacts_of
from models.inbound import handle_bounces
from rules.errors import DomainError
from services import worklist


def correct_email(
    session: Session, customer: Customer, wrong: str, right: str, actor_id: int | None, now: datetime, today: date
) -> Contact:
    """Every contact of the customer with the wrong address gets the right one; without any, a billing contact is made.
    What the address held up is decided again. Raises `DomainError` email_wrong."""
    try:
        address = mime.address(right)
    except mime.Unwritable:
        raise DomainError("email_wrong", value=right.strip()[:80]) from None
    contacts = contacts_of(session, customer.id)
    found = [c for c in contacts if c.email.strip().lower() == wrong.strip().lower()] if wrong.strip() else []
    if not found:
        found = [c for c in contacts if c.email_bad_reason][:1] or [Contact(customer_id=customer.id, name="", role="billing")]
        session.add_all(found)
    for contact in found:
        contact.email, contact.email_bad_reason, contact.email_bad_at = address, "", None
    handle_bounces(session, customer.id, actor_id, now)
    session.flush()
    changes = {"customer": customer.id, "before": wrong, "after": address}
    audit.record(session, now, actor_id, customer.company_id, "correct", "contact", found[0].id, changes)
    worklist.touch(session, customer.id, today)
    return found[0]
