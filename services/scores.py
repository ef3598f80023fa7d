"""Scores kept on the customers, and explained on the card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from models import choosing, decisions
from models import habits as store
from models.company import Company
from rules.score import WINDOW_DAYS, Score, score


def refresh(session: Session, company: Company, customer_ids: Sequence[int] | None, today: date) -> int:
    """Score these customers (None: all) from the last twelve months and keep the values; how many were looked at. Where a rule
    chooses scenarios by score, those whose score changed are suspects."""
    session.flush()
    known = scores_of(session, company, customer_ids, today)
    if choosing.Chooser(session, company.id).by_score:
        before = store.kept_scores(session, company.id)
        decisions.touch(session, company.id, [i for i, found in known.items() if found.value != before.get(i)], today)
    store.set_scores(session, [(found.value, today, i) for i, found in known.items()])
    return len(known)


def scores_of(session: Session, company: Company, customer_ids: Sequence[int] | None, today: date) -> dict[int, Score]:
    """The scores of these customers (None: all of the company) with the parts they are made of."""
    since = today - timedelta(days=WINDOW_DAYS)
    habits = store.payment_habits(session, company.id, customer_ids, since)
    late = store.late_items(session, company.id, customer_ids, today)
    broken = store.broken_promises(session, company.id, since)
    rejected = store.rejected_debits(session, company.id, since)
    ids = store.customer_ids(session, company.id) if customer_ids is None else customer_ids
    return {i: score(habits.get(i, ()), late.get(i, ()), broken.get(i, 0), rejected.get(i, 0), today=today) for i in ids}
