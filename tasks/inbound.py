"""Reading the mailboxes: every few minutes, in a lane of its own, what came in since the last time.

Mails are fetched outside any transaction; what some of them mean and how far the mailbox was read is written in one. A worker
killed between the two reads the same mails again, and they are known by their Message-ID."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from integrations.channels.imap import Account, Cursor, Mailbox, Unreadable
from models import inbound as store
from models import jobs as jobs_store
from models.company import Company
from rules.errors import DomainError
from services import inbound
from services.seal import unseal
from tasks.post import Post, reading, writing

log = logging.getLogger(__name__)
EVERY = 5  # minutes
FIRST_DAYS = timedelta(days=30)  # a mailbox never read before is read from so long ago
TIMEOUT = 60.0


def plan(post: Post) -> None:
    """A job for every mailbox, once in five minutes, as long as the last one is over."""
    now = post.clock()
    slot = f"{now:%Y-%m-%dT%H}:{now.minute // EVERY}"
    with reading(post) as session:
        companies = store.companies_with_mailbox(session)
        due = [i for i in companies if jobs_store.pending_job(session, f"inbound:{i}:") is None]
    if not due:
        return
    with writing(post) as session:
        for company_id in due:
            jobs_store.add_job(session, "inbound", now, f"inbound:{company_id}:{slot}", company_id=company_id)


def account_of(company: Company, post: Post) -> Account:
    """The company's mailbox. Raises `DomainError` seal_broken."""
    return Account(
        company.imap_host, company.imap_port, company.imap_security, company.imap_user,
        unseal(company.imap_password_sealed, post.key), company.imap_folder, post.ca_file,
    )  # fmt: skip


def read_mailbox(post: Post, company_id: int) -> int:
    """Take in what came since the last time; the number of mails kept. A mailbox that cannot be read says why on its
    company; the next run tries again."""
    with reading(post) as session:
        company = session.get(Company, company_id)
        if company is None or not company.imap_host:
            return 0
        cursor = cursor_of(company.imap_cursor)
        try:
            account = account_of(company, post)
        except DomainError as error:
            account, failure = None, error.code
    if account is None:
        _ended(post, company_id, failure, "")
        return 0
    try:
        kept = _read_new(post, company_id, account, cursor)
    except Unreadable as error:
        log.warning("mailbox of company %s: %s %s", company_id, error.failure, error.answer)
        _ended(post, company_id, error.failure, error.answer)
        return 0
    _ended(post, company_id, "", "")
    return kept


def cursor_of(kept: Mapping[str, object]) -> Cursor:
    """How far a mailbox was read, as the company keeps it."""
    validity, uid = kept.get("validity"), kept.get("uid")
    return Cursor(validity if isinstance(validity, int) else 0, uid if isinstance(uid, int) else 0)


def _read_new(post: Post, company_id: int, account: Account, cursor: Cursor) -> int:
    kept = 0
    with Mailbox(account, TIMEOUT) as box:
        for mails in box.read(box.after(cursor, post.today() - FIRST_DAYS)):
            if post.stopping.is_set():
                break
            with writing(post) as session:
                company = session.get(Company, company_id)
                if company is None or _moved(company, account):
                    break  # another mailbox was set meanwhile
                taken = inbound.take_in(session, company, mails, post.clock(), post.today())
                if taken.uid:
                    company.imap_cursor = {"validity": box.validity, "uid": taken.uid}
            kept += taken.kept
            if taken.waits:
                break
    return kept


def _moved(company: Company, account: Account) -> bool:
    there = (company.imap_host, company.imap_user, company.imap_folder)
    return there != (account.host, account.user, account.folder)


def _ended(post: Post, company_id: int, failure: str, answer: str) -> None:
    with writing(post) as session:
        company = session.get(Company, company_id)
        if company is None:
            return
        company.imap_failure, company.imap_answer = failure, answer
        if not failure:
            company.imap_checked_at = post.clock()
