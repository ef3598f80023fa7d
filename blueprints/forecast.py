"""The forecast grid: when money is expected, by customer and week; moving it, promises made on the way, and taking it back."""

from __future__ import annotations

import json
from datetime import date

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import config
from blueprints import web
from blueprints.forecast_forms import ChipForm, MoveForm, PromiseForm, View, view_asked
from extensions import db
from models import Customer, forecast, lists
from models.expected import item_lines
from models.paging import Page
from rules.curve import curve
from rules.errors import DomainError
from rules.forecast import Part, weeks
from rules.forecast_grid import Facts, Grid, chip_parts, grid
from services import expected, forecast_words
from services import language as words
from services.wording import sentence

bp = Blueprint("forecast", __name__, url_prefix="/forecast")

HORIZONS = (6, 8, 13, 26)


@bp.get("")
def index() -> ResponseReturnValue:
    view, number = view_asked(), web.page_number()
    shown = grid(_facts(view, forecast.Slice(number)), config.today(), view.horizon)
    context = {
        **_around(view, shown),
        "page": Page(shown.rows, shown.customer_count, number),
        "choices": lists.choices(db.session(), web.company().id),
        "currencies": [(c, c) for c in forecast.currencies(db.session(), web.company().id)] if shown.other_currencies else [],
        "horizons": HORIZONS,
    }
    return web.render("forecast/index.html", "forecast", **context)


@bp.get("/export.<any(xlsx, csv):kind>")
def export(kind: str) -> ResponseReturnValue:
    view = view_asked()
    shown = grid(_facts(view, forecast.EVERYBODY), config.today(), view.horizon)
    return web.table(kind, _("Forecast"), *forecast_words.table(shown, web.language(), shown.has_outside))


@bp.get("/customers/<int:customer_id>/chip")
def chip(customer_id: int) -> ResponseReturnValue:
    customer, view = web.customer_or_404(customer_id), view_asked()
    form = MoveForm(formdata=request.args)
    parts = _parts(customer, view, form)
    if form.is_stale(parts):
        return _changed(customer, view)
    return _dialog(customer, view, form, parts, status=200)


@bp.post("/customers/<int:customer_id>/move")
def move(customer_id: int) -> ResponseReturnValue:
    customer, view, form, today = web.customer_or_404(customer_id), view_asked(), MoveForm(), config.today()
    parts = _parts(customer, view, form)
    if form.is_stale(parts):
        return _changed(customer, view)
    try:
        form.validate()
        dates = form.dates(parts, view.horizon, today)
        free, ids, on = _beside_promises(form, parts, dates)
        number = expected.set_expected(db.session(), customer, free, web.user().id, config.now(), today, ids, on)
    except DomainError as error:
        return _refused(customer, view, form, parts, error)
    db.session.commit()
    return _moved(customer, view, _said(customer, view, parts, free, on), number)


@bp.post("/customers/<int:customer_id>/promise")
def promise(customer_id: int) -> ResponseReturnValue:
    customer, view, form, today = web.customer_or_404(customer_id), view_asked(), PromiseForm(), config.today()
    parts = _parts(customer, view, form)
    if form.is_stale(parts):
        return _changed(customer, view)
    if not form.validate():
        return _dialog(customer, view, _move_form(form), parts, form)
    day = form.promised_on.data or today
    try:
        number = expected.record_promised(
            db.session(), customer, [p.debit for p in parts], day, form.amount.data or 0, web.user().id, config.now(), today,
            currency=view.filters.currency, channel=form.channel.data or "", remark=form.remark.data or "",
        )  # fmt: skip
    except DomainError as error:
        form.refuse("promised_on" if error.code == "promise_past" else "amount", _sentence(error))
        return _dialog(customer, view, _move_form(form), parts, form)
    db.session.commit()
    return _moved(customer, view, _("Promise recorded for %(day)s.", day=words.day_short(day, web.language())), number)


@bp.post("/customers/<int:customer_id>/undo")
def undo(customer_id: int) -> ResponseReturnValue:
    customer, view = web.customer_or_404(customer_id), view_asked()
    number = request.args.get("move", 0, type=int)
    done = expected.undo_move(db.session(), customer, number, web.user().id, config.now(), config.today())
    db.session.commit()
    if done:
        return _moved(customer, view, _("%(name)s: back as it was before.", name=customer.name))
    return _moved(customer, view, _("Nothing was taken back: it has changed since."), kind="bad")


# ------------------------------------------------------------------ what is asked for


def _facts(view: View, part: forecast.Slice) -> Facts:
    return forecast.facts(db.session(), web.company(), view.filters, config.today(), part)


def _parts(customer: Customer, view: View, form: ChipForm) -> list[Part]:
    """What stands behind the chip meant."""
    facts = forecast.facts_of(db.session(), customer.company_id, customer.id, view.filters.currency)
    return chip_parts(facts, config.today(), view.horizon, form.place.data or "", form.tone.data or "")


def _beside_promises(
    form: MoveForm, parts: list[Part], dates: dict[int, date | None]
) -> tuple[dict[int, date | None], list[int], date | None]:
    """The items whose date can be set, and the promises to be changed with their new day.

    A promise goes before a date by hand: it is changed when asked, otherwise only what is not promised moves (expected_promised: nothing)."""
    promised = [p for p in parts if p.why == "promise" and p.debit.item_id in dates]
    free = {p.debit.item_id: dates[p.debit.item_id] for p in parts if p not in promised and p.debit.item_id in dates}
    if not promised:
        return free, [], None
    on = dates[promised[0].debit.item_id]
    if form.promise.data and on is not None:
        return free, sorted({p.promise_id for p in promised}), on
    if free and not form.to.data:
        return free, [], None
    raise DomainError("expected_promised", promised_on=promised[0].on)


# ------------------------------------------------------------------ answers


def _around(view: View, shown: Grid) -> dict[str, object]:
    """What templates need around a grid."""
    outside = view.outside or shown.has_outside
    query = {**view.query, "outside": 1} if outside else view.query
    first, last = shown.weeks[0].first, shown.weeks[-1].last
    return {
        "grid": shown,
        "columns": forecast_words.headings(shown.weeks, web.language(), outside),
        "curve": curve(shown.received_by_day, shown.expected_by_day, shown.today, first, last),
        "view": view,
        "query": query,
        "movable": web.may("forecast.move", "POST"),
        "unit": forecast_words.unit(shown.currency, web.language()),
        "whole": forecast_words.whole(web.language()),
    }


def _moved(customer: Customer, view: View, text: str, number: int = 0, kind: str = "good") -> ResponseReturnValue:
    """The customer's row, the totals, the sums in the head and the curve, with a word about it and a way back."""
    back = url_for("forecast.undo", customer_id=customer.id, move=number, **view.query) if number else None
    if not request.htmx:
        flash({"text": text, "undo": back} if back else text, kind)
        return web.go("forecast.index", **view.query)
    answer = _row(customer, view)
    answer.headers["HX-Trigger"] = json.dumps({"toast": {"kind": kind, "text": text, "undo": back}, "dialog-close": True})
    return answer


def _row(customer: Customer, view: View, status: int = 200) -> Response:
    shown = grid(_facts(view, forecast.Slice(customer_ids=(customer.id,))), config.today(), view.horizon)
    answer = web.make_response(render_template("forecast/_moved.html", **_around(view, shown)), status)
    if shown.has_outside and not view.outside:
        answer.headers["HX-Refresh"] = "true"  # the page lacks a column
    return answer


def _changed(customer: Customer, view: View) -> ResponseReturnValue:
    """The chip is no longer what was seen: show how it stands now."""
    text = sentence(web.language(), "expected_changed")
    if not request.htmx:
        flash(text, "bad")
        return web.go("forecast.index", **view.query)
    answer = _row(customer, view, 422)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = f"#c{customer.id}", "outerHTML"
    answer.headers["HX-Trigger"] = json.dumps({"toast": {"kind": "bad", "text": text}, "dialog-close": True})
    return answer


def _refused(customer: Customer, view: View, form: MoveForm, parts: list[Part], error: DomainError) -> ResponseReturnValue:
    """The dialog with what is wrong; a chip dropped on a week gone by only needs the sentence."""
    dropped = bool(form.to.data)
    if dropped and error.code != "expected_promised":
        if not request.htmx:
            flash(_sentence(error), "bad")
            return web.go("forecast.index", **view.query)
        answer = _row(customer, view, 422)
        answer.headers["HX-Trigger"] = json.dumps({"toast": {"kind": "bad", "text": _sentence(error)}})
        return answer
    if dropped:
        form.promise.data = True
        form.on.data = form.day(view.horizon, config.today())
    else:
        form.refuse("promise" if error.code == "expected_promised" else "on", _sentence(error))
    return _dialog(customer, view, form, parts)


def _dialog(
    customer: Customer,
    view: View,
    form: MoveForm,
    parts: list[Part],
    promise_form: PromiseForm | None = None,
    status: int = 422,
) -> Response:
    promised = [p for p in parts if p.why == "promise"]
    answer = web.make_response(
        render_template(
            "forecast/_dialog.html",
            customer=customer,
            view=view,
            form=form,
            promise_form=promise_form or PromiseForm(formdata=None, amount=sum(p.cents for p in parts), **_chip_of(form)),
            parts=parts,
            promised=promised,
            lines=item_lines(db.session(), [p.debit.item_id for p in parts]),
            heading=_heading(view, form.place.data or ""),
            query={**view.query, "outside": 1} if view.outside else view.query,
            today=config.today(),
            unit=forecast_words.unit(view.filters.currency, web.language()),
            movable=web.may("forecast.move", "POST") and parts[0].why != "insolvent",
            opened=promise_form is not None,
        ),
        status,
    )
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#dialog", "innerHTML"
    return answer


def _chip_of(form: ChipForm) -> dict[str, str]:
    return {name: form[name].data or "" for name in ("place", "tone", "cents")}


def _move_form(form: ChipForm) -> MoveForm:
    return MoveForm(formdata=None, **_chip_of(form))


def _heading(view: View, key: str) -> forecast_words.Heading:
    return next(h for h in forecast_words.headings(weeks(config.today(), view.horizon), web.language(), True) if h.key == key)


def _said(customer: Customer, view: View, parts: list[Part], dates: dict[int, date | None], promised_on: date | None) -> str:
    """What was done, in one sentence."""
    days = {*dates.values()} | ({promised_on} if promised_on else set())
    cents = sum(p.cents for p in parts if p.debit.item_id in dates or promised_on)
    values = {"name": customer.name, "amount": words.euros(cents, web.language(), view.filters.currency)}
    if len(days) > 1:
        return _("%(name)s: %(amount)s expected on several days.", **values)
    on = days.pop()
    if on is None:
        return _("%(name)s: %(amount)s without an expected day again.", **values)
    values["day"] = words.day_short(on, web.language())
    if promised_on:
        return _("%(name)s: the promise of %(amount)s is now for %(day)s.", **values)
    return _("%(name)s: %(amount)s expected on %(day)s.", **values)


def _sentence(error: DomainError) -> str:
    return sentence(web.language(), error.code, error.params)
