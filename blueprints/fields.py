"""Form fields of our own: money as people write it, days, and the base form of every page."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from blueprints import web
from rules.errors import DomainError
from rules.money import parse_cents
from services import language as words

LANGUAGE_NAMES = (("fr", "Français"), ("nl", "Nederlands"), ("en", "English"), ("de", "Deutsch"))


class Form(FlaskForm):
    """A form whose domain errors land on the field they speak of."""

    def values(self) -> dict[str, Any]:
        """What was typed, by field: texts without spaces around them, an absent text is empty."""
        return {field.name: _value(field) for field in self if field.name != "csrf_token"}

    def refuse(self, field: str, sentence: str) -> None:
        """Put a sentence under a field, after a service said no."""
        target = self[field]
        target.errors = [*target.errors, sentence]


def _value(field: Any) -> Any:
    if isinstance(field, StringField) and not isinstance(field, MoneyField | PasswordField):
        return (field.data or "").strip()
    return field.data


class MoneyField(StringField):
    """An amount as written in the reader's country; its data is cents, or None when left empty."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.written = valuelist[0].strip() if valuelist else ""
        if not self.written:
            self.data = None
            return
        try:
            self.data = parse_cents(self.written)
        except DomainError as error:
            raise ValidationError(_("“%(text)s” is not an amount. Write it like 1 234,50.", text=self.written)) from error

    def _value(self) -> str:
        if self.data is None:
            return getattr(self, "written", "")
        return words.money(self.data, web.language())


def choices(*pairs: tuple[Any, Any]) -> list[SelectChoice]:
    """The choices of a select field from (value, label) pairs."""
    return [SelectChoice(value, label) for value, label in pairs]
