"""Many rows at once, past the ORM: plain tuples in, plain tuples out, dates as ISO text (SQLite's own form)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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


def run(session: Session, sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """One statement with `?` places for many rows."""
    cursor = session.connection().connection.cursor()
    try:
        cursor.executemany(sql, rows)  # type: ignore[arg-type]  # any iterable will do
    finally:
        cursor.close()


def last_id(session: Session, table: str) -> int:
    """The highest id given so far; below a write lock, the next ones are ours to give."""
    return int(fetch(session, f"SELECT coalesce(max(id), 0) FROM {table}")[0][0])  # noqa: S608


def insert(session: Session, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given in the order of `columns`."""
    if rows:
        run(session, f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608


def insert_columns(session: Session, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given column by column, all of one length.

    Binding a value takes as long as storing it: a value that all rows share is written into the statement."""
    shared = {name: values[0] for name, values in columns.items() if values.count(values[0]) == len(values)}
    own = [name for name in columns if name not in shared]
    if not own:
        own = [next(iter(columns))]
    cursor = session.connection().connection.cursor()
    try:
        places = ["?" if name in own else _literal(shared[name]) for name in columns]
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(places)})"  # noqa: S608
        rows = zip(*(columns[name] for name in own), strict=True)
        cursor.executemany(sql, rows)  # type: ignore[arg-type]
    finally:
        cursor.close()


def _literal(value: Any) -> str:
    """A value as SQL writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    text = str(value)
    if "\0" in text:
        raise ValueError("a text with NUL cannot be written into a statement")
    return "'" + text.replace("'", "''") + "'"


def update(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Update rows by id, the last value of each row; the others in the order of `columns`."""
    run(session, f"UPDATE {table} SET {', '.join(f'{column} = ?' for column in columns)} WHERE id = ?", rows)  # noqa: S608


def delete(session: Session, table: str, ids: Iterable[int]) -> None:
    """Delete rows by id."""
    run(session, f"DELETE FROM {table} WHERE id = ?", ((one,) for one in ids))  # noqa: S608


@contextmanager
def more_cache(session: Session, mebibytes: int = 64) -> Iterator[None]:
    """Room for the pages of a large write, so that none is written twice; SQLite only."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    before = fetch(session, "PRAGMA cache_size")[0][0]
    fetch(session, f"PRAGMA cache_size = -{mebibytes * 1024}")
    try:
        yield
    finally:
        fetch(session, f"PRAGMA cache_size = {before}")
