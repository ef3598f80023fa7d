"""How migrations run: one transaction for all, SQLite's foreign keys off meanwhile and checked before the commit.

With foreign keys on, SQLite's "move and copy" of a parent table would silently delete its children."""

from __future__ import annotations

from alembic import context
from flask import current_app

context.config.attributes.setdefault("configure_logger", False)
database = current_app.extensions["migrate"].db
options = current_app.extensions["migrate"].configure_args


def skip_empty(_context, _revision, directives):
    """No empty revision when nothing changed."""
    if (
        context.config.cmd_opts
        and getattr(context.config.cmd_opts, "autogenerate", False)
        and directives[0].upgrade_ops.is_empty()
    ):
        directives[:] = []


def run() -> None:
    """Upgrade or downgrade the database the application is configured for."""
    with database.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw = connection.connection.dbapi_connection
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")  # below autobegin, else it would do nothing
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            transactional_ddl=True,
            process_revision_directives=skip_empty,
            user_module_prefix="models.base.",
            **{k: v for k, v in options.items() if k != "process_revision_directives"},
        )
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise RuntimeError(f"foreign keys broken by the migration: {broken[:5]}")
        if sqlite:
            raw.execute("PRAGMA foreign_keys=ON")


run()
