"""Receipts: what the bank shows, who paid what, and the desk where a person matches what is left, by mouse or by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

import config
from blueprints import web
from extensions import db
from models import Customer, receipt_lists
from models.bank import BankMovement
from models.paging import Page
from models.receipt_lists import ReceiptFilters, Sheet
from rules.errors import DomainError
from rules.money import parse_cents
from services import bank_decide, receipt_desk, tables
from services.receipt_desk import Line
from services.wording import sentence
from services.wording_receipts import DIFFERENCE_REASONS, difference_reason, return_reason

bp = Blueprint("receipts", __name__, url_prefix="/receipts")
HITS = 8
ROWS = 50


def _filters() -> ReceiptFilters:
    """The filters of the query string; what is not understood counts as not set."""
    args = request.args
    tab = args.get("tab", "")
    return ReceiptFilters(
        tab=tab if tab in receipt_lists.TABS else "open",
        text=args.get("text", "")[:100],
        first=_day(args.get("first", "")),
        last=_day(args.get("last", "")),
        account_id=args.get("account", type=int),
        seen=tab == "matched" and bool(args.get("seen")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


@bp.get("")
def index() -> ResponseReturnValue:
    session, company, filters = db.session(), web.company(), _filters()
    accounts = receipt_lists.bank_accounts(session, company.id)
    return web.render(
        "receipts/index.html",
        "list",
        found=receipt_lists.receipt_list(session, company.id, filters, web.page_number()),
        filters=filters,
        company=company,
        accounts=[(one.id, one.name or one.number) for one in accounts],
        bank_on=receipt_lists.last_bank_day(session, company.id),
        waiting=len(receipt_lists.queue(session, company.id)),
        return_reason=_return_reason,
    )


@bp.get("/export.<any(xlsx, csv):kind>")
def export(kind: str) -> ResponseReturnValue:
    session, company, filters = db.session(), web.company(), _filters()
    if filters.tab == "differences":
        rows = receipt_lists.differences_in_order(session, company.id, filters)
        return web.table(kind, _("Bank and ledger"), *tables.differences(rows, web.language()))
    found = receipt_lists.receipts_in_order(session, company.id, filters)
    return web.table(kind, _("Receipts"), *tables.receipts(found, web.language()))


@bp.get("/match")
def match() -> ResponseReturnValue:
    """One movement with what it may pay, or the queue as a list."""
    args = request.args
    if args.get("view") == "list":
        return _queue(last=args.get("last", type=int))
    return _desk(args.get("movement", type=int), last=args.get("last", type=int))


@bp.get("/<int:movement_id>/customers")
def customers(movement_id: int) -> ResponseReturnValue:
    """Customers that fit what is typed, for the one a movement is from."""
    web.row_or_404(BankMovement, movement_id)
    asked = request.args.get("q", "").strip()[:100]
    hits = receipt_lists.payers_like(db.session(), web.company().id, asked, HITS) if len(asked) > 1 else []
    return web.render("receipts/_hits.html", hits=hits, asked=len(asked) > 1, movement_id=movement_id, company=web.company())


@bp.post("/<int:movement_id>/accept")
def accept(movement_id: int) -> ResponseReturnValue:
    movement = _waiting(movement_id)
    proposal = web.whole_number("proposal") or 1
    return _decide(movement_id, lambda: bank_decide.accept(db.session(), movement, proposal, web.user().id, *_when()))


@bp.post("/accept")
def accept_certain() -> ResponseReturnValue:
    """Accept every proposal that is as sure as the company asks for."""
    number = bank_decide.accept_all_certain(db.session(), web.company(), web.user().id, *_when())
    db.session.commit()
    text = ngettext("%(num)s payment matched.", "%(num)s payments matched.", number)
    if not request.htmx:
        flash(text, "good")
        return web.go("receipts.match", view=request.form.get("view") or None)
    answer = _queue() if request.form.get("view") == "list" else _desk(None)
    return web.say(answer, "good", text)


@bp.post("/<int:movement_id>/split")
def split(movement_id: int) -> ResponseReturnValue:
    """Match a movement as a person divides it over items of one customer."""
    movement = _waiting(movement_id)
    customer = web.customer_or_404(web.whole_number("customer"))
    try:
        parts = _parts()
    except _NotAnAmount as wrong:
        said = _("“%(text)s” is not an amount. Write it like 1 234,50.", text=wrong)
        return _desk(movement_id, error=said, status=422, customer=customer)
    return _decide(
        movement_id,
        lambda: bank_decide.split(db.session(), movement, list(parts), web.user().id, *_when()),
        customer=customer,
    )


@bp.post("/<int:movement_id>/customer")
def set_customer(movement_id: int) -> ResponseReturnValue:
    """Say who paid where nobody knows yet what for."""
    movement, customer = _waiting(movement_id), web.customer_or_404(web.whole_number("customer"))
    return _decide(
        movement_id,
        lambda: bank_decide.set_customer(db.session(), movement, customer, web.user().id, *_when()),
        customer=customer,
    )


@bp.post("/<int:movement_id>/decline")
def decline(movement_id: int) -> ResponseReturnValue:
    """Refuse a proposal; the same movement stays on the desk with the next one."""
    movement = _waiting(movement_id)
    proposal = web.whole_number("proposal") or 1
    return _decide(
        movement_id, lambda: bank_decide.decline(db.session(), movement, proposal, web.user().id, *_when()), stays=True
    )


@bp.post("/<int:movement_id>/ignore")
def ignore(movement_id: int) -> ResponseReturnValue:
    movement = _waiting(movement_id)
    return _decide(movement_id, lambda: bank_decide.ignore(db.session(), movement, web.user().id, *_when()))


@bp.post("/<int:movement_id>/undo")
def undo(movement_id: int) -> ResponseReturnValue:
    """Take a decision back; the movement is on the desk again."""
    movement = web.row_or_404(BankMovement, movement_id)
    return _decide(movement_id, lambda: bank_decide.undo_match(db.session(), movement, web.user().id, *_when()), stays=True)


# ------------------------------------------------------------------ behind


def _when() -> tuple[Any, date]:
    return config.now(), config.today()


def _waiting(movement_id: int) -> BankMovement:
    """A movement that waits for a decision; one that is decided shows how (two people, a double click, the back button)."""
    movement = web.row_or_404(BankMovement, movement_id)
    if movement.state not in ("open", "proposed"):
        web.abort(web.go("receipts.match", movement=movement_id))
    return movement


def _decide(
    movement_id: int, deed: Callable[[], object], *, stays: bool = False, customer: Customer | None = None
) -> ResponseReturnValue:
    """Do it, commit, and open the next one of the queue (or the same once more)."""
    session, listed = db.session(), request.form.get("view") == "list"
    ids = [one.id for one in receipt_lists.queue(session, web.company().id)]
    following = movement_id if stays else receipt_desk.following(ids, movement_id)
    try:
        deed()
    except DomainError as error:
        session.rollback()
        return _desk(movement_id, error=_said(error), status=422, customer=customer)
    session.commit()
    last = None if stays else movement_id
    view = "list" if listed else None
    if not request.htmx:
        return web.go("receipts.match", movement=None if listed else following, last=last, view=view)
    answer = _queue(last=last) if listed else _desk(following, last=last)
    answer.headers["HX-Replace-Url"] = url_for("receipts.match", movement=None if listed else following, view=view)
    return answer


class _NotAnAmount(ValueError):
    """What was typed where an amount should be."""


def _parts() -> list[bank_decide.Share]:
    """What the form gives to each item: the cents, and the reason when the rest of it is written off."""
    found = []
    for name, text in request.form.items():
        kind, _dash, number = name.partition("-")
        if kind != "cents" or not number.isdigit() or not text.strip():
            continue
        reason = request.form.get(f"reason-{number}", "")
        found.append(bank_decide.Share(int(number), _cents(text), reason if reason in DIFFERENCE_REASONS else ""))
    return [one for one in found if one.cents or one.reason]


def _cents(text: str) -> int:
    try:
        return parse_cents(text.strip())
    except DomainError as error:
        raise _NotAnAmount(text.strip()[:40]) from error


def _desk(
    movement_id: int | None, *, last: int | None = None, error: str = "", status: int = 200, customer: Customer | None = None
) -> Any:
    session, company = db.session(), web.company()
    queue = receipt_lists.queue(session, company.id)
    if movement_id is None and queue:
        movement_id = queue[0].id
    found = None if movement_id is None else _sheet(movement_id)
    desk = None
    if found is not None:
        other = customer or _chosen_customer()
        desk = receipt_desk.desk(
            session, company, found, queue, web.language(), config.today(),
            proposal=max(0, request.args.get("proposal", 0, type=int)), customer_id=other.id if other else None,
            typed=_typed() if error else None,
        )  # fmt: skip
    return web.render(
        "receipts/match.html",
        "match",
        status=status,
        desk=desk,
        view="",
        split=bool(request.args.get("split") or error),
        error=error,
        waiting=len(queue),
        certain=receipt_lists.certain(queue, company.match_threshold),
        **_shared(last),
    )


def _queue(last: int | None = None) -> Any:
    session, company, number = db.session(), web.company(), web.page_number()
    queue = receipt_lists.queue(session, company.id)
    part = queue[(number - 1) * ROWS : number * ROWS]
    rows = receipt_lists.receipts(session, company.id, [one.id for one in part])
    return web.render(
        "receipts/match.html",
        "match",
        desk=None,
        view="list",
        rows=[(one, _why(one)) for one in rows],
        page=Page(rows, len(queue), number, ROWS),
        waiting=len(queue),
        certain=receipt_lists.certain(queue, company.match_threshold),
        **_shared(last),
    )


def _shared(last: int | None) -> dict[str, object]:
    """What both views of the work show."""
    session, company, language = db.session(), web.company(), web.language()
    done = receipt_lists.receipts(session, company.id, [last]) if last else []
    names = {code: difference_reason(language, code) for code in DIFFERENCE_REASONS}
    return {
        "company": company,
        "last": done[0] if done else None,
        "return_reason": _return_reason,
        "reasons": list(names.items()),
        "reason_names": names,
    }


def _why(receipt: receipt_lists.Receipt) -> receipt_desk.Reason | None:
    """The strongest reason, in short."""
    evidence = receipt.paying[0].evidence if receipt.paying else []
    return receipt_desk.reason(web.language(), evidence[0], receipt.movement.currency) if evidence else None


def _sheet(movement_id: int) -> Sheet:
    found = receipt_lists.sheet(db.session(), web.company().id, movement_id)
    if found is None:
        web.abort(404)
    return found


def _chosen_customer() -> Customer | None:
    number = request.args.get("customer", type=int)
    return web.customer_or_404(number) if number else None


def _typed() -> dict[int, Line]:
    """The amounts as they were typed, so that nothing is lost when one is wrong."""
    found = {}
    for name, text in request.form.items():
        kind, _dash, number = name.partition("-")
        if kind == "cents" and number.isdigit():
            try:
                cents = _cents(text) if text.strip() else 0
            except _NotAnAmount:
                cents = 0
            found[int(number)] = Line(
                int(number), "", "", date.min, 0, 0, cents, difference_reason=request.form.get(f"reason-{number}", "")
            )
    return found


def _return_reason(code: str) -> str:
    return return_reason(web.language(), code)


def _said(error: DomainError) -> str:
    return sentence(web.language(), error.code, error.params)
