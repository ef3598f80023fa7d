"""A hundred letters of one page: the product's renderer on both cores, its start included, against WeasyPrint alone on
the same HTML in one process, its start not counted, with fonts and stylesheet read once."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.ground import ON, ROOT, Ground, environment
from bench.table import Row, seconds, took

ROUNDS = 3


def measure(ground: Ground) -> list[Row]:
    """One row of the table."""
    from integrations.letters import render

    pages = _pages(ground.scale.letters)
    alone: list[float] = []
    ours: list[float] = []
    with tempfile.TemporaryDirectory(prefix="encours-bench-") as name:
        kept = Path(name) / "pages.json"
        kept.write_text(json.dumps(pages), encoding="utf-8")
        command = [sys.executable, "-m", "bench.letters", str(kept)]
        for _ in range(ROUNDS):
            done = subprocess.run(
                command, check=True, env=environment(ground.full), cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
            alone.append(float(done.stdout.split()[-1]))
            ours.append(took(lambda: render(pages)))
    mine, base = statistics.median(ours), statistics.median(alone)
    return [Row(f"{len(pages)} letters of one page", seconds(mine), f"WeasyPrint alone {seconds(base)}", mine / base, 0.8)]


def _pages(number: int) -> list[str]:
    """Letters to customers who are late, as the preview shows them."""
    from app import create_app
    from bench.late import late_customers
    from extensions import db
    from models import Company
    from models.base import write_intent
    from services import templates
    from services.letters import preview_letter

    with create_app().app_context():
        write_intent.set(False)
        session = db.session()
        company = session.query(Company).one()
        template = templates.get_template(session, company, "formal_notice", "letter", "fr")
        assert template is not None
        pages = [preview_letter(session, company, template, one, ON) for one in late_customers(session, number)]
        db.session.remove()
        db.engine.dispose()
    return pages


def main() -> None:
    """WeasyPrint alone; prints the seconds it took."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    from integrations.letters.child import stylesheet

    pages = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    fonts = FontConfiguration()
    sheet = CSS(string=stylesheet(), font_config=fonts)

    def work(chosen: list[str]) -> None:
        for page in chosen:
            HTML(string=page).write_pdf(stylesheets=[sheet], font_config=fonts)

    work(pages[:1])
    print(took(lambda: work(pages)))


if __name__ == "__main__":
    main()
