"""The ground of every table: declarative base, naming convention, column types, SQLite connection manners.

Tables are mapped to `Base`, so that models are known without Flask; the session comes from the edge."""

from __future__ import annotations

import json
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An instant in UTC; naive values are refused, values come back aware."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """JSON kept as text, keys in order, so that equal values are equal bytes."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)


Key = Annotated[int, mapped_column(primary_key=True)]
Cents = Annotated[int, mapped_column(sa.BigInteger)]
Text = Annotated[str, mapped_column(sa.Text, default="", server_default="")]
Flag = Annotated[bool, mapped_column(sa.Boolean(), default=False, server_default=sa.false())]


class Base(DeclarativeBase):
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            str: sa.Text,
            date: sa.Date,
            datetime: Instant,
            dict[str, Any]: Json,
            list[Any]: Json,
        },
    )


write_intent: ContextVar[bool] = ContextVar("write_intent", default=True)
"""Whether the transaction about to begin writes; readers must not take SQLite's only write lock."""


def prepare_sqlite(dbapi: Any, _record: Any) -> None:
    """Durable, concurrent, strict: WAL, full sync, foreign keys, and our own BEGIN."""
    if "sqlite" not in type(dbapi).__module__:
        return
    dbapi.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=15000",
        "temp_store=MEMORY",
        "cache_size=-4000",
    ):
        dbapi.execute(f"PRAGMA {pragma}")


def begin_sqlite(connection: sa.Connection) -> None:
    """Writers take the lock before they read anything: a later upgrade would fail as 'database is locked'."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write_intent.get() else "BEGIN")


def listen(engine: sa.Engine) -> None:
    """Give one engine the manners above."""
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
