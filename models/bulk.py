"""Many rows at once, past the ORM: plain tuples in, plain tuples out, dates as ISO text (SQLite's own form)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

CHUNK = 500
Row = tuple[Any, ...]


def fetch(session: Session, sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """The rows of a query with `?` places, as the driver gives them."""
    cursor = session.connection().connection.cursor()
    try:
        cursor.execute(sql, tuple(params))
        return list(cursor.fetchall())
    finally:
        cursor.close()


def fetch_in(session: Session, sql: str, params: Sequence[Any], ids: Iterable[int]) -> list[Row]:
    """As `fetch`; `{ids}` in the query stands for the ids, asked for in chunks."""
    wanted = sorted(ids)
    rows: list[Row] = []
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        rows += fetch(session, sql.replace("{ids}", ",".join("?" * len(chunk))), [*params, *chunk])
    return rows


def run(session: Session, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement with `?` places for many rows."""
    if rows:
        session.connection().exec_driver_sql(sql, [tuple(row) for row in rows])


def insert(session: Session, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given in the order of `columns`."""
    run(session, f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608


def update(session: Session, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Update rows by id, the last value of each row; the others in the order of `columns`."""
    run(session, f"UPDATE {table} SET {', '.join(f'{column} = ?' for column in columns)} WHERE id = ?", rows)  # noqa: S608


def delete(session: Session, table: str, ids: Iterable[int]) -> None:
    """Delete rows by id."""
    run(session, f"DELETE FROM {table} WHERE id = ?", [(one,) for one in ids])  # noqa: S608
