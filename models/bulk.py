"""Many rows at once, past the ORM: plain tuples in, plain tuples out, dates as ISO text (SQLite's own form)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

CHUNK = 500
MOST_PARAMETERS = 30_000  # SQLite takes 32,766
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
    insert_shared(session, table, columns, rows, {})


def insert_shared(
    session: Session,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    shared: Mapping[str, Any],
    often_equal: Collection[str] = (),
) -> None:
    """Insert many rows given in the order of `columns`, with the values of `shared` in every one of them.

    Binding a value takes as long as storing it: those that all rows share, and those of the columns `often_equal`
    that turn out to be equal, are written into the statement."""
    if not rows:
        return
    written = {name: _literal(value) for name, value in shared.items()}
    for index, name in enumerate(columns):
        if index and name in often_equal and len(set(map(itemgetter(index), rows))) == 1:
            written[name] = _literal(rows[0][index])
    own = [index for index, name in enumerate(columns) if name not in written]
    bound = list(zip(*rows, strict=True))
    places, values = dict(written), []
    for index in own:
        column, places[columns[index]] = _without_none(bound[index])
        values.append(column)
    head = f"INSERT INTO {table} ({', '.join(places)}) VALUES "  # noqa: S608
    _run_rows(session, head, f"({', '.join(places.values())})", "", list(zip(*values, strict=True)))


def _without_none(column: Sequence[Any]) -> tuple[Sequence[Any], str]:
    """The values to bind and the place to bind them to: the driver takes ten times as long over None as over a text."""
    if None not in column or "" in column:
        return column, "?"
    return ["" if value is None else value for value in column], "nullif(?, '')"


def _run_rows(session: Session, head: str, place: str, tail: str, rows: Sequence[Row]) -> None:
    """One statement for as many rows as SQLite takes parameters, until all are done."""
    if not rows:
        return
    some = max(1, min(CHUNK, MOST_PARAMETERS // len(rows[0])))
    for start in range(0, len(rows), some):
        chunk = rows[start : start + some]
        fetch(session, head + ", ".join([place] * len(chunk)) + tail, list(chain.from_iterable(chunk)))


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
    """Update rows by id, the last value of each row; the others in the order of `columns`.

    Many rows a statement: each statement on an indexed table below a savepoint walks the journal of all before it."""
    given = list(rows)
    if not given:
        return
    bound = [_without_none(column) for column in zip(*given, strict=True)]
    named = ", ".join(f"{column} = new.column{place}" for place, column in enumerate(columns, 1))
    _run_rows(
        session,
        f"UPDATE {table} SET {named} FROM (VALUES ",  # noqa: S608
        f"({', '.join(place for _, place in bound)})",
        f") AS new WHERE {table}.id = new.column{len(columns) + 1}",
        list(zip(*(column for column, _ in bound), strict=True)),
    )


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
