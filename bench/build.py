"""Makes one part of the bench's ground, in a process of its own: `python -m bench.build NAME sizes…`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from bench.ground import COMPANY, EARLIER, NOW, ON, Ground, Scale, cache_folder


def main() -> None:
    """Make the part named on the command line."""
    name, *sizes = sys.argv[1:]
    scale = Scale(*map(int, sizes))
    ground = Ground(scale, cache_folder() / scale.name)
    {"files": files, "empty": empty, "loaded": loaded, "full": full, "bank": bank, "demo": demo}[name](ground)


def files(ground: Ground) -> None:
    """The exports and the third parties."""
    from services.demo_ledger import Books
    from services.demo_sheets import third_parties
    from services.demo_story import Size, make_story

    scale = ground.scale
    story = make_story(Size(scale.customers, 1, ON, items=scale.items, open_items=scale.open_items))
    bare = sum(len(entry.legs) for entry in Books(story, other_lines=0).entries)
    books = Books(story, other_lines=scale.fec_lines - bare)
    ground.fec.write_text(books.fec(ON.year, ON), encoding="iso-8859-15", newline="")
    ground.earlier.write_text(books.fec(ON.year, EARLIER), encoding="iso-8859-15", newline="")
    ground.parties.write_bytes(third_parties(story))


def empty(ground: Ground) -> None:
    """Tables and the company."""
    from flask_migrate import upgrade

    from app import create_app
    from extensions import db
    from services.companies import create_company

    app = create_app()
    with app.app_context():
        upgrade()
        create_company(db.session(), None, NOW, code=COMPANY, name="Cartonnerie du banc", country="FR")
        db.session.commit()
        _settle_down()


def loaded(ground: Ground) -> None:
    """The company after the earlier export."""
    _copy(ground.empty, ground.loaded)
    from app import create_app

    with create_app().app_context():
        take(ground.earlier)
        _settle_down()


def full(ground: Ground) -> None:
    """The company of the pages: third parties, ledger, worklist, a user with an open session."""
    _copy(ground.empty, ground.full)
    from app import create_app
    from extensions import db
    from models import Company, Membership
    from models.users import Role
    from services import accounts, worklist

    app = create_app()
    with app.app_context():
        take(ground.parties)
        take(ground.fec)
        session = db.session()
        company = session.query(Company).one()
        worklist.refresh(session, company, None, ON)
        user = accounts.create_user(
            session,
            None,
            NOW,
            email="bench@encours.example",
            name="Banc d'essai",
            role=Role.ACCOUNTANT,
            password="not signed in with",
        )
        session.add(Membership(user_id=user.id, company_id=company.id))
        token = accounts.open_session(session, user, NOW, 24 * 365, "127.0.0.1", "bench")
        session.commit()
        _settle_down()
    signer = app.session_interface.get_signing_serializer(app)
    value = signer.dumps({"_user_id": token, "_fresh": True})
    (ground.full / "cookie.txt").write_text(f"encours={value}", encoding="utf-8")


def bank(ground: Ground) -> None:
    """The company that a generated year is owed: its ledger, the references its invoices asked for, the accounts it knows;
    and the bank's files."""
    _copy(ground.empty, ground.bank)
    from app import create_app
    from bench import bank_world
    from bench.bank_year import make_year
    from extensions import db
    from models import Company

    items = ground.scale.open_items
    year = make_year(31, items * 109 // 1000, movements=items * 5 // 4)
    owed = year.owed[:items]
    movements = bank_world.after_ledger(year)[: items * 5 // 4]
    (ground.bank / "bank.camt").write_bytes(bank_world.camt(movements))
    (ground.bank / "bank.coda").write_bytes(bank_world.coda(movements))
    ledger = ground.bank / "000000000FEC20251231.txt"
    ledger.write_text(
        bank_world.fec(owed, {payer.customer_id: payer.names[0].upper() for payer in year.payers}), encoding="utf-8", newline=""
    )
    with create_app().app_context():
        take(ledger, bank_world.LEDGER_ON)
        session = db.session()
        bank_world.know(session, session.query(Company).one().id, owed, year.payers)
        session.commit()
        _settle_down()
    ledger.unlink()


def demo(_ground: Ground) -> None:
    """The demo companies by the command users have."""
    for arguments in (["db", "upgrade"], ["demo", "--sign-ins"]):
        subprocess.run([sys.executable, "-m", "flask", *arguments], check=True, stdout=subprocess.DEVNULL)


def take(path: Path, on: date = ON) -> object:
    """One file through the import path of the product, as its command does it: read before any lock is taken, committed."""
    from config import settings
    from extensions import db
    from models import Company
    from services import syncs

    session = db.session()
    company = session.query(Company).one()
    options = replace(syncs.read_options(company, on), max_bytes=settings().upload_limit)
    session.rollback()
    content = syncs.read_file(path, path.name, options)
    result = syncs.run_sync(session, company, path, path.name, options, None, NOW, on, file=content)
    if result.status != "done" or result.gap_cents:
        raise SystemExit(f"{path.name}: {result}")
    session.commit()
    return result


def _copy(source: Path, target: Path) -> None:
    for path in source.iterdir():
        if path.suffix in (".db", ".key"):
            shutil.copy(path, target / path.name)


def _settle_down() -> None:
    """The last connection closed: its log is written back into the file, and a copy of that is whole."""
    from extensions import db

    db.session.remove()
    db.engine.dispose()


if __name__ == "__main__":
    main()
