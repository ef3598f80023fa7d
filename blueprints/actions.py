"""Act: what is to be done today by step and by customer, what is held back and why; the message as it would be; sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from urllib.parse import urlsplit

from flask import Blueprint, flash, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

import config
from blueprints import web
from extensions import db
from integrations.letters import RenderFailed, render
from models import Company, Hold, Outbox, WorklistEntry, worklist
from models.inbound import to_look_at
from models.message_lists import last_outbox
from models.outbox import ledger_gap, waiting_outboxes
from models.paging import Page
from models.worklist import Entry, StepGroup, Summary
from models.worklist_lists import TABS, customer_counts, customer_lines
from rules.errors import DomainError
from services import holds, outbox, selection
from services import language as words
from services.outlook import outlook
from services.previews import Shown, preview_entry
from services.wording import sentence
from services.wording_messages import delay
from tasks.queue import wake

bp = Blueprint("actions", __name__, url_prefix="/actions")

ROWS = 100
GROUP_NAMES = {
    "broken": _l("Broken promises"),
    "legal": _l("Formal notices, for a person to decide"),
    "calls": _l("Calls"),
    "letters": _l("Letters"),
    "others": _l("By another medium"),
    "decide": _l("E-mails for a person to decide"),
    "routine": _l("Routine e-mails"),
}
SKIP = timedelta(days=7)
TWICE = timedelta(minutes=2)  # what is sent again so soon was clicked twice


def why(code: str, params: Mapping[str, object]) -> str:
    """Why something is held back or must be decided, in the reader's language."""
    return sentence(web.language(), code, params)


@bp.get("")
def index() -> ResponseReturnValue:
    session, company, today = db.session(), web.company(), config.today()
    on = web.day_argument("on", today)
    number = web.page_number()
    if on == today:
        groups = worklist.groups(session, company.id, company.currency)
        summary = worklist.summary(session, company.id, company.currency)
        group = _chosen(groups)
        page = Page(_rows(group, number), group.todo + group.held if group else 0, number, ROWS)
    else:
        day = outlook(session, company, on)
        groups, summary, group = day.groups, day.summary, _chosen(day.groups)
        rows = [e for e in day.entries if group and (e.step_id == group.step_id or (not group.step_id and e.held_code))]
        page = Page(rows[(number - 1) * ROWS : number * ROWS], len(rows), number, ROWS)
    gap = ledger_gap(session, company.id)
    return web.render(
        "actions/index.html", "work", groups=groups, summary=summary, group=group, page=page, on=on, today=today, gap=gap,
        company=company, ready=_ready(groups, summary), unfollowed=worklist.without_scenario(session, company.id, today), parts=_parts(page.rows), waiting=waiting_outboxes(session, company.id) if on == today else [], window=_window(company), next_week=today + timedelta(days=7), why=why,
    )  # fmt: skip


def _parts(rows: Sequence[Entry]) -> list[tuple[int, list[Entry]]]:
    """0: ready, or done by other means; 1: a person decides; 2: left out."""
    found: dict[int, list[Entry]] = {}
    for entry in rows:
        waits = entry.channel in worklist.IN_WRITING and not entry.ready
        found.setdefault(2 if entry.held_code else int(waits), []).append(entry)
    return sorted(found.items())


def _window(company: Company) -> str:
    return delay(web.language(), company.undo_seconds) if company.undo_seconds else ""


def _ready(groups: list[StepGroup], summary: Summary) -> dict[str, int]:
    """What one click sends, and what stays."""
    count, letters = sum(g.ready for g in groups), sum(g.letters for g in groups)
    calls = summary.calls
    return {
        "count": count, "letters": letters, "cents": sum(g.cents for g in groups),
        "decide": summary.total - calls - count, "held": summary.held.count,
    }  # fmt: skip


def _chosen(groups: list[StepGroup]) -> StepGroup | None:
    """The card asked for: a step, everything held back, or the step with most to do (by the channel asked for)."""
    wanted, channel = request.args.get("step", 0, type=int), request.args.get("channel", "")
    if request.args.get("held") and groups:
        return replace(groups[0], step_id=0, stage="", todo=0, ready=0, cents=0, held=sum(g.held for g in groups))
    for group in groups:
        if group.step_id == wanted:
            return group
    writing = [g for g in groups if g.channel != "call"] or groups
    fitting = [g for g in writing if g.todo and channel in ("", g.channel)]
    return max(fitting or writing, key=lambda g: g.todo, default=None)


def _rows(group: StepGroup | None, number: int) -> list[Entry]:
    if group is None:
        return []
    step, held = (group.step_id, None) if group.step_id else (None, True)
    start = (number - 1) * ROWS
    return worklist.entries(db.session(), web.company().id, step_id=step, held=held, limit=ROWS, offset=start)


@bp.get("/customers")
def customers() -> ResponseReturnValue:
    session, company, today, args = db.session(), web.company(), config.today(), request.args
    mine = web.user().id if args.get("mine") else None
    tab = args.get("tab", "todo")
    tab = tab if tab in TABS else "todo"
    text = args.get("text", "")[:100]
    page = customer_lines(session, company.id, tab, today, web.page_number(), mine, text)
    counts = customer_counts(session, company.id, today, mine)
    received = to_look_at(session, company.id, mine, text) if tab == "errors" and page.number == 1 else []
    return web.render(
        "actions/customers.html", "list", page=page, counts=counts, tab=tab, text=text, mine=mine, company=company, why=why,
        received=received, today=today, gap=ledger_gap(session, company.id), groups=groupby(page.rows, lambda line: line.group), group_names=GROUP_NAMES,
    )  # fmt: skip


def _entry(entry_id: int) -> WorklistEntry:
    return web.row_or_404(WorklistEntry, entry_id)


@bp.get("/<int:entry_id>")
def show(entry_id: int) -> ResponseReturnValue:
    entry = _entry(entry_id)
    shown = _shown(entry)
    customer = web.customer_or_404(entry.customer_id)
    return web.render("actions/show.html", "message", entry=entry, shown=shown, customer=customer, why=why)


@bp.get("/<int:entry_id>/html")
def body(entry_id: int) -> ResponseReturnValue:
    shown = _shown(_entry(entry_id))
    return web.sealed(shown.html if shown else _("There are no words to show for this step."))


@bp.get("/<int:entry_id>/letter")
def letter(entry_id: int) -> ResponseReturnValue:
    """The letter as it would be printed."""
    shown = _shown(_entry(entry_id))
    if shown is None or not shown.page:
        return web.go("actions.show", entry_id=entry_id)
    db.session.rollback()  # rendering takes a while: no transaction stays open
    return _pdf(shown.page)


def _pdf(page: str) -> ResponseReturnValue:
    [made] = render([page])
    if isinstance(made, RenderFailed):
        web.abort(500)
    answer = make_response(made)
    answer.mimetype = "application/pdf"
    answer.headers.set("Content-Disposition", "inline", filename="letter.pdf")
    return answer


def _shown(entry: WorklistEntry) -> Shown | None:
    """The message of an entry; None when there are no words for it (calls, other media)."""
    if entry.channel not in worklist.IN_WRITING:
        return None
    try:
        return preview_entry(db.session(), web.company(), entry, config.today())
    except DomainError:
        return None


@bp.post("/send")
def send() -> ResponseReturnValue:
    """All that is ready (of one step), as the page showed it, becomes one batch; what was ticked or unticked counts."""
    form, session, company = request.form, db.session(), web.company()
    step = form.get("step", type=int)
    shown, ticked = set(form.getlist("shown")), set(form.getlist("entry"))
    without, also = set(form.getlist("without")) | (shown - ticked), set(form.getlist("also")) | ticked
    chosen = selection.select(session, company, step, without, also)
    if form.get("seen") != chosen.seen:
        return _again(_("The list has changed since you opened it. Look at it again, then send."))
    try:
        batch = _queue(chosen)
    except DomainError as error:
        session.rollback()
        return _again(why(error.code, error.params))
    session.commit()
    wake(company.undo_seconds + 1)
    if changed := len(chosen.ids) + len(chosen.forced_ids) - batch.planned:
        flash(
            ngettext(
                "%(num)s customer is not written to: the situation has just changed.",
                "%(num)s customers are not written to: the situation has just changed.",
                changed,
            ),
            "info",
        )
    return web.go("outboxes.show", outbox_id=batch.id)


def _queue(chosen: selection.Selection) -> Outbox:
    now, today = config.now(), config.today()
    return outbox.queue_batch(db.session(), web.company(), chosen.ids, web.user().id, now, today, forced_ids=chosen.forced_ids)


def _again(reason: str) -> ResponseReturnValue:
    """Nothing was sent: back to the batch of a moment ago (clicked twice), else to the list, with the reason."""
    batch = last_outbox(db.session(), web.company().id, web.user().id, config.now() - TWICE)
    if batch is not None and batch.state != "undone":
        flash(_("This batch is already prepared: nothing is sent twice."), "info")
        return web.go("outboxes.show", outbox_id=batch.id)
    flash(reason, "bad")
    return web.go("actions.index", step=request.form.get("step", type=int))


@bp.post("/send/one")
def send_one() -> ResponseReturnValue:
    """One customer, one click: the message leaves after the undo window, and the list stays where it is."""
    chosen = selection.select_only(db.session(), web.company(), request.form.getlist("entry"))
    try:
        batch = _queue(chosen)
    except DomainError as error:
        db.session.rollback()
        return _done(why(error.code, error.params), "bad")
    db.session.commit()
    wake(web.company().undo_seconds + 1)
    undo = url_for("outboxes.undo", outbox_id=batch.id, back=_list())
    window = _window(web.company())
    text = _("Leaves in %(time)s.", time=window) if window else _("Leaves now.")
    return _done(text, "good", undo)


@bp.post("/<int:entry_id>/skip")
def skip(entry_id: int) -> ResponseReturnValue:
    """Not now: the customer is held back for a week, and comes again by itself."""
    entry, today = _entry(entry_id), config.today()
    if request.form.get("key") != entry.action_key:
        return _done(_("The list has changed since you opened it. Look at it again, then send."), "bad")
    customer = web.customer_or_404(entry.customer_id)
    until: date = today + SKIP
    placed = holds.place_hold(db.session(), customer, _("Put off from the list"), until, web.user().id, config.now(), today)
    db.session.commit()
    text = _("%(name)s is put off until %(day)s.", name=customer.name, day=words.day_short(until, web.language()))
    return _done(text, "good", url_for("actions.resume", hold_id=placed.id, back=_list()))


@bp.post("/held/<int:hold_id>/resume")
def resume(hold_id: int) -> ResponseReturnValue:
    """The undo of `skip`."""
    holds.end_hold(db.session(), web.row_or_404(Hold, hold_id), web.user().id, config.now(), config.today())
    db.session.commit()
    return web.go_to(request.args.get("back", ""))


def _list() -> str:
    """The list as it is on the screen, to come back to."""
    here = request.referrer or ""
    return (
        urlsplit(here)._replace(scheme="", netloc="").geturl() if here.startswith(request.host_url) else url_for(".customers")
    )


def _done(text: str, kind: str, undo: str = "") -> ResponseReturnValue:
    """The list goes on: a toast, and the row is gone for htmx; a redirect otherwise."""
    if request.htmx:
        return web.toast(kind, text, undo, *(() if kind == "bad" else ("worklist-changed",)))
    flash({"text": text, "undo": undo} if undo else text, kind)
    return web.go("actions.customers")
