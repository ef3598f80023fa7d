"""Whether the database takes a write at this moment."""

from __future__ import annotations

import sqlalchemy as sa

from models.base import write_intent


def writable(engine: sa.Engine) -> bool:
    """Take the write lock and give it back; nothing is changed."""
    before = write_intent.get()
    write_intent.set(True)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("select count(*) from job where id = -1"))
            connection.rollback()
        return True
    except sa.exc.DBAPIError:
        return False
    finally:
        write_intent.set(before)
