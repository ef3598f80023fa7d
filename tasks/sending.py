"""The sending: releases batches, hands e-mails over, recovers what a stopped worker left, each step committed on its own.

The order that makes the promise (sent at most once by us, nothing lost silently): claim, commit, claim in
the send journal, connect; body; dot in the journal; the final dot; the answer in the journal; the outcome in the database. What a killed
worker leaves between two of these is told from claim and journal (docs/decisions/0003-send-journal.md)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from integrations.channels import Envelope, Outcome, kept
from integrations.channels.journal import machine_run, told_since, traces
from integrations.channels.smtp import Account, Sending, Withheld
from models import outbox as store
from models.company import Company
from models.messages import Outbox
from models.pausing import is_paused, mark_of
from rules.errors import DomainError
from services import outbox as batches
from services import recalling
from services.recalling import Found
from services.seal import unseal
from tasks.letters import print_batch
from tasks.post import Post, writing

__all__ = ["Post", "reconcile", "recover", "release", "release_due", "send_company", "send_due"]

log = logging.getLogger(__name__)
GROUP = 100  # messages claimed, handed over and recorded together, at most
FIRST_GROUP = 5
QUICK = 1.0  # seconds: a group that took no longer is followed by a larger one


def release_due(post: Post) -> int:
    """Write the bytes of every batch whose undo window has passed, some hundred at a time; the number of batches."""
    with writing(post) as session:
        due = store.due_outboxes(session, post.clock())
    for outbox_id in due:
        release(post, outbox_id)
    return len(due)


def release(post: Post, outbox_id: int) -> None:
    """One batch: e-mails some hundred per transaction, then letters, which take longer and hold no lock."""
    handled = 1
    while handled and not post.stopping.is_set():
        with writing(post) as session:
            outbox = session.get(Outbox, outbox_id)
            if outbox is None or outbox.state not in ("waiting", "releasing") or is_paused(session, outbox.company_id):
                return
            handled = batches.release_some(session, outbox, post.clock(), post.today())
    if post.stopping.is_set():
        return
    print_batch(post, outbox_id)
    with writing(post) as session:
        outbox = session.get_one(Outbox, outbox_id)
        if outbox.state == "releasing":
            batches.finish_release(session, outbox, post.clock())


def send_due(post: Post) -> int:
    """Hand over what is due of every company, one after the other; the number of messages tried."""
    with writing(post) as session:
        companies = store.companies_to_send(session, post.clock())
    return sum(send_company(post, company_id) for company_id in companies)


_busy: set[int] = set()
_guard = threading.Lock()


def send_company(post: Post, company_id: int, at_any_hour: bool = False) -> int:
    """Hand over what is due of one company, by its mail server or into the built-in outbox; one thread at a time. Outside
    the sending hours only what a person sent today, or everything with `at_any_hour`."""
    with _guard:
        if company_id in _busy:
            return 0
        _busy.add(company_id)
    try:
        with writing(post) as session:
            company = session.get_one(Company, company_id)
            code = company.code
            try:
                account = account_of(company, post)
            except DomainError as error:  # sealed with another key: a person must enter the password again
                batches.block_account(session, company, error.code, post.clock())
                return 0
            bind = session.get_bind()
        watch = store.Watch(bind.engine)
        try:
            return (
                _keep_all(post, company_id, code)
                if account is None
                else _send_all(post, company_id, account, watch, at_any_hour)
            )
        finally:
            watch.close()
    finally:
        with _guard:
            _busy.discard(company_id)


def reconcile(post: Post) -> dict[int, Found]:
    """What the journal knows better than the database, which then is a restored one: marked as sent, and everything held."""
    with writing(post) as session:
        told = told_since(post.journal.path, mark_of(session))
        found = recalling.reconcile(session, told, post.clock(), post.today())
        recalling.note_mark(session, post.journal.path.stat().st_size, post.clock())
    if found:
        log.warning("the database is older than the send journal: all sending is held")
    return found


def account_of(company: Company, post: Post) -> Account | None:
    """The company's mail server; None when it has none and messages are kept."""
    if not company.smtp_host:
        return None
    return Account(
        company.smtp_host, company.smtp_port, company.smtp_security, company.smtp_user,
        unseal(company.smtp_password_sealed, post.key), post.ca_file,
    )  # fmt: skip


def _take(post: Post, company_id: int, limit: int, at_any_hour: bool = False) -> list[Envelope]:
    with writing(post) as session:
        company = session.get_one(Company, company_id)
        if company.smtp_blocked_reason:
            return []
        return batches.take(session, company, post.clock(), post.today(), limit, at_any_hour)


def _record(post: Post, company_id: int, outcomes: Sequence[Outcome]) -> None:
    with writing(post) as session:
        batches.record_outcomes(session, session.get_one(Company, company_id), outcomes, post.clock(), post.today())


def _keep_all(post: Post, company_id: int, code: str) -> int:
    tried = 0
    while not post.stopping.is_set():
        envelopes = _take(post, company_id, GROUP * 4)
        if not envelopes:
            break
        _record(post, company_id, [kept.keep(post.outbox_folder, code, post.today(), e) for e in envelopes])
        tried += len(envelopes)
    return tried


def _send_all(post: Post, company_id: int, account: Account, watch: store.Watch, at_any_hour: bool) -> int:
    tried, size = 0, FIRST_GROUP
    lease = [post.clock()]

    def before_dot(envelope: Envelope) -> datetime:
        if post.clock() > lease[0]:
            raise Withheld("lease ended")
        try:
            return post.journal.dot(envelope)
        except OSError as error:  # the disk is full: what cannot be remembered is not sent
            raise Withheld(str(error)) from error

    with Sending(account, post.timeouts, before_dot) as way:
        while way.closed is None and not post.stopping.is_set():
            head = watch.head()
            envelopes = _take(post, company_id, size, at_any_hour)
            if not envelopes:
                break
            started = time.monotonic()
            lease[0] = post.clock() + batches.LEASE - batches.SAFETY
            post.journal.claims(envelopes)
            outcomes: list[Outcome] = []
            for outcome in way.hand_over(_unchanged(post, envelopes, watch, head)):
                post.journal.reply(outcome)
                outcomes.append(outcome)
            untouched = envelopes[len(outcomes) :]
            outcomes += [Outcome(e, "untried", failure="facts_changed") for e in untouched]
            _record(post, company_id, outcomes)
            tried += len(outcomes) - len(untouched)
            size = min(size * 2, GROUP) if time.monotonic() - started < QUICK else FIRST_GROUP
    return tried


def _unchanged(post: Post, envelopes: Sequence[Envelope], watch: store.Watch, head: int) -> Iterator[Envelope]:
    """Envelopes one by one, as long as nobody records a change meanwhile: then the rest is looked at again."""
    for envelope in envelopes:
        if post.stopping.is_set() or watch.head() != head:
            return
        yield envelope


def recover(post: Post, everything: bool = False) -> int:
    """Claims whose sender is gone (all of them at start): told from the journal. No final dot: try again. An answer:
    that one. A dot without answer: unknown, for a person. The number of claims settled."""
    with writing(post) as session:
        lost = store.lapsed_claims(session, None if everything else post.clock())
        if not lost:
            return 0
        attempts = [(claim.message_id, claim.attempts) for claim in lost]
        found = traces(post.journal.path, attempts, machine_run())
        by_company: dict[int, list[Outcome]] = {}
        for claim in lost:
            envelope = Envelope(claim.id, claim.message_id, claim.attempts, "", claim.recipient, b"")
            trace = found.get((claim.message_id, claim.attempts))
            if trace is None:
                outcome = Outcome(envelope, "retry", "data", failure="worker_stopped")
            elif trace.state in ("sent", "retry", "failed"):
                outcome = Outcome(envelope, trace.state, "content", 0, trace.answer, data_done_at=trace.dot_at)
            else:
                outcome = Outcome(envelope, "unknown", "content", failure="worker_stopped", data_done_at=trace.dot_at)
            by_company.setdefault(claim.company_id, []).append(outcome)
        for company_id, outcomes in by_company.items():
            company = session.get_one(Company, company_id)
            batches.record_outcomes(session, company, outcomes, post.clock(), post.today())
    log.warning("claims of a stopped worker settled: %s", len(lost))
    return len(lost)
