"""What the forecast pages read from an address or a form: which grid is shown, which chip is meant, where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from blueprints import labels, web
from blueprints.fields import Form, MoneyField, choices
from models.forecast import SORTS, Filters
from rules.errors import DomainError
from rules.forecast import HORIZON, HORIZON_MAX, LATER, TO_PLAN, Part, day_in, week_named, weeks


@dataclass(frozen=True, slots=True)
class View:
    """The grid being looked at. `outside`: the page shows the column of what is not forecast."""

    filters: Filters
    horizon: int
    outside: bool

    @property
    def query(self) -> dict[str, Any]:
        """What an address needs to show the same grid."""
        f = self.filters
        values = {
            "text": f.text,
            "profile": f.profile_id,
            "rep": f.sales_rep_id,
            "currency": f.currency if f.currency != web.company().currency else "",
            "weeks": self.horizon if self.horizon != HORIZON else "",
            "sort": f.sort if f.sort != "-owed" else "",
        }
        return {name: value for name, value in values.items() if value}


def view_asked() -> View:
    """The grid of the query string; what is not understood counts as not set."""
    args = request.args
    sort, horizon = args.get("sort", ""), args.get("weeks", HORIZON, type=int)
    filters = Filters(
        currency=args.get("currency") or web.company().currency,
        reps=web.scope().reps,
        text=args.get("text", "")[:100],
        profile_id=args.get("profile", type=int),
        sales_rep_id=args.get("rep", type=int),
        sort=sort if sort in SORTS else "-owed",
    )
    return View(filters, min(max(horizon, 1), HORIZON_MAX), args.get("outside") == "1")


class ChipForm(Form):
    """The chip meant: its column, its tone and, when it was seen on the page, its amount."""

    place = HiddenField()
    tone = HiddenField()
    cents = HiddenField()

    def is_stale(self, parts: list[Part]) -> bool:
        """Whether the chip is gone, or another amount than the one seen."""
        seen = self.cents.data or ""
        return not parts or (seen.isdigit() and int(seen) != sum(p.cents for p in parts))


class MoveForm(ChipForm):
    """Another day for a chip: a column dropped on, or a date; single items may have dates of their own (fields on-7)."""

    to = HiddenField()
    on = DateField(_l("Expected on"), [Optional()])
    promise = BooleanField(_l("Change the promise to this day"))
    clear = HiddenField()

    def day(self, horizon: int, today: date) -> date | None:
        """The day asked for, None for none; expected_past for a week gone by, expected_nothing when nothing was asked."""
        target = self.to.data or ""
        if target == TO_PLAN or self.clear.data:
            return None
        if target == LATER:
            return weeks(today, horizon)[-1].last + timedelta(days=5)
        if target:
            return day_in(week_named(target), today)
        if self.on.data is None:
            raise DomainError("expected_nothing")
        return self.on.data

    def dates(self, parts: list[Part], horizon: int, today: date) -> dict[int, date | None]:
        """The day of each item: its own, else the one of all."""
        own = {p.debit.item_id: _own_day(p.debit.item_id) for p in parts}
        if all(own.values()):
            return dict(own)
        try:
            rest = self.day(horizon, today)
        except DomainError:
            if any(own.values()):
                return {item_id: on for item_id, on in own.items() if on}
            raise
        return {item_id: on or rest for item_id, on in own.items()}


def _own_day(item_id: int) -> date | None:
    text = request.form.get(f"on-{item_id}", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DomainError("day_wrong", value=text[:20]) from None


class PromiseForm(ChipForm):
    """The customer's word: a day and an amount for the items of a chip."""

    promised_on = DateField(_l("Promised for"), [InputRequired(_l("Choose a day."))])
    amount = MoneyField(_l("Amount"))
    channel = SelectField(_l("Said by"), choices=choices(("", ""), *labels.MEDIA), validators=[Optional()])
    remark = StringField(_l("Remark"), [Length(max=200)])

    def validate_amount(self, field: MoneyField) -> None:
        if not field.data:
            field.errors = [*field.errors, _("Give an amount above zero.")]
