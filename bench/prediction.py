"""Predicting every open item of the company, the fan of cumulative cash, and how good the prediction is beside its baselines.

Speed: from the database to the distributions, learning included. Accuracy: the last third in time
of invoices made here, whose customers have habits (the company's own ledger holds of earlier years only what was still open)."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from bench.ground import ON, Ground
from bench.table import Row, seconds
from rules.prediction import Paid

ROUNDS = 3
WEEKS = 13
CUSTOMERS, DAYS = 300, 730


def invoices() -> list[Paid]:
    """Two years of invoices: a quarter of the customers each pays after so many days, on Fridays, on the 10th, or as it comes; all of them
    forget one in twelve for a month, and a fifth became slower half-way."""
    chance, found = random.Random(7), []
    for who in range(CUSTOMERS):
        usual, slower = chance.randint(-3, 25), chance.choice((0, 0, 0, 0, 12))
        for _ in range(chance.choice((6, 20, 60, 120))):
            due = ON - timedelta(days=chance.randint(150, 150 + DAYS))
            late = usual + (slower if (ON - due).days < DAYS // 2 else 0) + (30 if chance.random() < 1 / 12 else 0)
            paid = due + timedelta(days=max(-10, late + round(chance.gauss(0, 8 if who % 4 == 3 else 1))))
            if who % 4 == 1:
                paid += timedelta(days=(4 - paid.weekday()) % 7)
            elif who % 4 == 2:
                paid = (paid if paid.day <= 10 else paid.replace(day=28) + timedelta(days=7)).replace(day=10)
            paid += timedelta(days=max(0, 7 - paid.weekday()) if paid.weekday() >= 5 else 0)
            found.append(Paid(who, due, paid, round(100 * 2 ** chance.gauss(9, 2)), due - timedelta(days=30)))
    return found


def _worked(work: Callable[[], object]) -> float:
    """Median seconds a processor worked: on one core, so at most the time it takes, however busy the machine is."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def measure(ground: Ground) -> list[Row]:
    """Rows of the table."""
    from app import create_app
    from extensions import db
    from models import Company
    from models.base import write_intent
    from rules.prediction_backtest import backtest, third_from
    from rules.simulation import fan
    from services import prediction

    with create_app().app_context():
        write_intent.set(False)
        session = db.session()
        company = session.query(Company).one()
        found = prediction.predict_open(session, company, ON)
        who, cents = [i.customer_id for i in found.items], [i.open_cents for i in found.items]
        sundays = [ON + timedelta(days=6 - ON.weekday() + 7 * n) for n in range(WEEKS)]
        predict = _worked(lambda: prediction.predict_open(session, company, ON))
        fanned = _worked(lambda: fan(found.forecasts, who, cents, sundays))
        year = _worked(lambda: prediction.accuracy(session, company, ON))
        db.session.remove()
        db.engine.dispose()
    rows = invoices()
    judged = backtest(rows, third_from([row.due_on for row in rows]))
    if judged is None:
        raise SystemExit("no paid invoices to judge the prediction by")
    many = f"{len(found.items):,} open items".replace(",", " ")
    ours = f"{judged.ours.mae_days:.2f} days"
    return [
        Row(f"Predict {many}", seconds(predict), "", predict * 1000, 2_000, "ms"),
        Row(f"Fan of 2 000 paths, {WEEKS} weeks", seconds(fanned), "", fanned * 1000, 1_000, "ms"),
        Row("Prediction judged on the last twelve months", seconds(year), "", year * 1000, 4_000, "ms"),
        *(
            Row("Prediction, mean error", ours, f"{name} {errors.mae_days:.2f}", judged.ours.mae_days / errors.mae_days, limit)
            for name, errors, limit in (
                ("due date", judged.due_date, 1.0),
                ("with customer's mean", judged.customer_mean, 1.0),
                ("with customer's median", judged.customer_median, 1.0),
            )
        ),
        Row(
            "80 % range held, within 3 points of 80 %",
            f"{judged.coverage_80:.1%}",
            "",
            abs(judged.coverage_80 - 0.8),
            0.03,
            "%",
        ),
    ]
