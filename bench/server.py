"""The product's own web server, as run.py starts it, with one page more: a signed-in hello on the same base template."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask

hello = Blueprint("bench", __name__, template_folder=str(Path(__file__).parent / "templates"))


@hello.get("/bench/hello")
def show() -> Any:
    """The least a signed-in page can be."""
    from blueprints.web import render

    return render("bench/hello.html")


def add_hello(app: Flask) -> Flask:
    """Let everyone who is signed in see the hello page."""
    from blueprints.permissions import EVERYONE, MATRIX, Rule

    MATRIX["bench.show", "GET"] = Rule(EVERYONE)
    app.register_blueprint(hello)
    return app


def main() -> None:
    """Serve until stopped."""
    import app as product
    import run

    make = product.create_app
    product.create_app = lambda: add_hello(make())
    run.serve_web()


if __name__ == "__main__":
    sys.exit(main())
