"""A small world for the permission matrix: one row of every kind, in one's own company, at a colleague's customer, and elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from models import (
    Action,
    BankAccount,
    BankMovement,
    BankStatement,
    Claim,
    Company,
    Contact,
    Customer,
    Dispute,
    Document,
    Handover,
    Hold,
    InboundMessage,
    Item,
    Message,
    MessageTemplate,
    Note,
    Outbox,
    Plan,
    PlanInstalment,
    PlanItem,
    Profile,
    Promise,
    SalesRep,
    Scenario,
    ScenarioRule,
    Source,
    Step,
    Sync,
    User,
    WorklistEntry,
)
from models.users import Role
from services.documents import keep_file
from tests.conftest import NOW, TODAY, make_company


@dataclass(slots=True)
class World:
    """Values for the variable parts of addresses: `own` (Bob's customer), `others` (not Bob's), `foreign` (another company's)."""

    company: Company
    own: dict[str, object]
    others: dict[str, object]
    foreign: dict[str, object]
    rep_id: int

    def give_portfolio(self, session: Session, role: Role) -> None:
        """Bind the sales representative of the own customer to the user of the role."""
        if role == Role.SALES_REP:
            user = session.query(User).filter_by(email="sales_rep@example.org").one()
            session.get_one(SalesRep, self.rep_id).user_id = user.id
            session.commit()

    def restore(self, session: Session) -> None:
        """Rows that a request removed are made again under their old numbers."""
        for kind, name in ROWS.items():
            number = self.own.get(name)
            if number is not None and session.get(kind, number) is None:
                session.add(_again(session, kind, int(str(number)), self))
        session.commit()


ROWS: dict[type, str] = {
    Contact: "contact_id",
    Note: "note_id",
    Source: "source_id",
    Step: "step_id",
    Scenario: "scenario_id",
    ScenarioRule: "rule_id",
    MessageTemplate: "template_id",
    WorklistEntry: "entry_id",
}


def _again(session: Session, kind: type, number: int, world: World) -> object:
    made = make_rows(session, world.company, None, customer=session.get_one(Customer, world.own["customer_id"]))
    row = made[ROWS[kind]]
    session.flush()
    session.execute(sa.update(kind).where(kind.id == row.id).values(id=number))  # type: ignore[attr-defined]
    session.expire_all()
    return session.get_one(kind, number)


def make_world(session: Session) -> World:
    """Two companies, three customers, a row of every kind for each."""
    company, elsewhere = make_company(session), make_company(session, "AILLEURS", name="Ailleurs SA")
    rep = SalesRep(company_id=company.id, code="BOB", name="Bob")
    session.add(rep)
    session.flush()
    own, others, foreign = (make_rows(session, c, r) for c, r in ((company, rep.id), (company, None), (elsewhere, None)))
    session.commit()

    def numbers(rows: dict[str, object]) -> dict[str, object]:
        return {name: row.id if hasattr(row, "id") else row for name, row in rows.items()}

    return World(company, numbers(own), numbers(others), numbers(foreign), rep.id)


def make_rows(session: Session, company: Company, rep_id: int | None, customer: Customer | None = None) -> dict[str, object]:
    def add(row: object) -> object:
        session.add(row)
        session.flush()
        return row

    count = session.query(Customer).count() + session.query(Scenario).count()
    common = {"company_id": company.id}
    if customer is None:
        customer = Customer(
            **common,
            code=f"C{count}",
            name=f"Client {count}",
            name_folded=f"client {count}",
            created_at=NOW,
            sales_rep_id=rep_id,
        )
        add(customer)
    mine = {**common, "customer_id": customer.id}
    item = add(
        Item(
            **mine, key=f"k{count}-{session.query(Item).count()}", kind="invoice", account="411", entry_on=TODAY, piece=f"F{count}", document_on=TODAY,
            due_on=TODAY - timedelta(days=20), due_source="file", currency="EUR", debit_cents=10_000, credit_cents=0, amount_cents=10_000,
            open_cents=10_000, first_seen_on=TODAY - timedelta(days=60),
        )
    )  # fmt: skip
    scenario = add(Scenario(**common, name=f"S{count}", code="", changed_at=NOW))
    rule = add(ScenarioRule(**common, position=count, scenario_id=scenario.id, country="LU"))
    step = add(
        Step(
            scenario_id=scenario.id,
            position=1,
            stage="reminder",
            level=1,
            trigger="due",
            days=8,
            channel="email",
            template_code="reminder_1",
        )
    )
    template = add(
        MessageTemplate(
            **common, code=f"reminder_{count}", channel="email", language="fr", subject="s", body="b", changed_at=NOW
        )
    )
    outbox = add(Outbox(**common, state="waiting", made_at=NOW, leaves_at=NOW + timedelta(days=900)))
    action = add(
        Action(
            **mine, scenario_id=scenario.id, step_id=step.id, key=f"a{count}-{step.id}", stage="reminder", level=1, channel="call", state="queued",
            currency="EUR", amount_cents=10_000, planned_at=NOW, batch_id=outbox.id,
        )
    )  # fmt: skip
    entry = add(
        WorklistEntry(
            **mine, scenario_id=scenario.id, step_id=step.id, stage="reminder", level=1, channel="call", mode="manual", currency="EUR",
            amount_cents=10_000, item_ids=[item.id], items=1, since_on=TODAY, planned_cents=10_000, action_key=f"w{count}-{step.id}", decided_on=TODAY,
        )
    )  # fmt: skip
    message = add(
        Message(
            **mine, action_id=action.id, outbox_id=outbox.id, channel="email", language="fr", state="unknown", message_id=f"<{action.id}@test>",
            recipient="a@client.example", subject="s", body=b"Subject: s\r\n\r\nb", queued_at=NOW,
        )
    )  # fmt: skip
    return {
        "customer_id": customer,
        "company_id": company,
        "item_id": item,
        "contact_id": add(Contact(customer_id=customer.id, name="A", email="a@client.example")),
        "note_id": add(Note(customer_id=customer.id, written_at=NOW, body="n")),
        "promise_id": add(
            Promise(**mine, item_id=item.id, promised_on=TODAY + timedelta(days=5), cents=10_000, currency="EUR", made_at=NOW)
        ),
        "hold_id": add(Hold(**mine, reason="r", made_at=NOW)),
        "claim_id": add(
            Claim(
                **mine,
                item_id=item.id,
                kind="interest",
                state="claimed",
                cents=100,
                currency="EUR",
                until_on=TODAY,
                basis="basis_fr_business",
                made_at=NOW,
            )
        ),
        "dispute_id": add(Dispute(**mine, item_id=item.id, reason="price", opened_at=NOW)),
        "profile_id": add(Profile(**common, code=f"p{count}", name=f"P{count}")),
        "sales_rep_id": add(SalesRep(**common, code=f"r{count}", name=f"R{count}")),
        "scenario_id": scenario,
        "rule_id": rule,
        "step_id": step,
        "template_id": template,
        "outbox_id": outbox,
        "batch_id": outbox,
        "action_id": action,
        "entry_id": entry,
        "message_id": message,
        "inbound_id": add(
            InboundMessage(
                **mine,
                uid=count,
                message_id=f"<{message.id}@client.example>",
                kind="reply",
                sender="a@client.example",
                received_at=NOW,
                read_at=NOW,
            )
        ),
        "sync_id": (sync := add(Sync(**common, state="done", started_at=NOW, finished_at=NOW, kind="journal", format="fec"))),
        "source_id": add(Source(**common, kind="folder", name=f"Source {count}", made_at=NOW)),
        "movement_id": _movement(add, common, customer, count, sync),
        "document_id": _document(add, mine, item.id),
        "what": "broken_promise",
        "object_id": session.query(Promise).filter_by(customer_id=customer.id).first() or 0,
        "handover_id": add(Handover(**mine, recipient="bailiff", handed_on=TODAY, cents=1, currency="EUR", made_at=NOW)),
        "plan_id": _plan(add, mine, item.id),
        "user_id": session.query(User).order_by(User.id).first()
        or add(User(email=f"u{count}@example.org", name="U", role="support", created_at=NOW)),
        "filename": "app.css",
        "kind": "csv",
        "code": "reminder_1",
        "channel": "email",
        "language": "fr",
    }


def _document(add: Callable[[object], Any], mine: dict[str, int], item_id: int) -> object:
    """An invoice kept with an item."""
    digest, path = keep_file(config.settings().data, mine["company_id"], b"%PDF-")
    kept = {"kind": "invoice_pdf", "name": "f.pdf", "media_type": "application/pdf", "sha256": digest, "size": 5, "path": path}
    return add(Document(**mine, **kept, item_id=item_id, made_at=NOW))


def _plan(add: Callable[[object], Any], mine: dict[str, int], item_id: int) -> object:
    """A payment plan that the customer has not agreed to yet."""
    plan = add(Plan(**mine, currency="EUR", cents=10_000, frequency="monthly", made_at=NOW, next_on=TODAY))
    add(PlanItem(plan_id=plan.id, item_id=item_id, cents=10_000))
    add(PlanInstalment(plan_id=plan.id, number=1, due_on=TODAY, cents=10_000))
    return plan


def _movement(add: Callable[[object], Any], common: dict[str, int], customer: Any, count: int, sync: Any) -> object:
    """A payment of the customer, seen at the bank and matched to nothing yet."""
    account = add(BankAccount(**common, number=f"FR76{count:04}", currency="EUR"))
    statement = add(BankStatement(**common, account_id=account.id, sync_id=sync.id, kind="day"))
    return add(
        BankMovement(
            **common, account_id=account.id, statement_id=statement.id, key=f"m{count}", booked_on=TODAY, amount_cents=10_000,
            left_cents=10_000, currency="EUR", name=f"Client {count}", name_folded=f"client {count}", customer_id=customer.id,
        )
    )  # fmt: skip
