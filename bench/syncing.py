"""Takes exports in, one after the other, until it is stopped: the worker's part of `bench.pages`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from app import create_app
from bench.build import take
from bench.ground import NOW, ON
from extensions import db
from models import Company
from services.follow_up import follow_up


def main() -> None:
    """Alternate between the exports named on the command line, with all that follows a sync."""
    with create_app().app_context():
        for path in itertools.cycle(sys.argv[1:]):
            take(Path(path))
            session = db.session()
            follow_up(session, session.query(Company).one(), NOW, ON)
            session.commit()


if __name__ == "__main__":
    main()
