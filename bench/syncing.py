"""Takes exports in, one after the other, until it is stopped: the worker's part of `bench.pages`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from app import create_app
from bench.build import take


def main() -> None:
    """Alternate between the exports named on the command line."""
    with create_app().app_context():
        for path in itertools.cycle(sys.argv[1:]):
            take(Path(path))


if __name__ == "__main__":
    main()
