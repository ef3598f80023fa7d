"""What the demo's people do besides sending: they call, note, hold back, take up disputes, hear promises and expect money.

Each deed goes through the service of the product that a user's click would call."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import audit
from models.commitments import Dispute
from models.company import Company
from models.customers import Customer, Note
from models.demo import billing_contacts, customers_by_code, open_debits
from models.items import Item
from models.users import User
from models.worklist import Entry, entries
from rules.ledger import Kind
from services import disputes, expected, holds, promises
from services.calls import DisputeSaid, PromiseSaid, record_outcome
from services.demo_habits import Habit, working_day
from services.demo_names import dice
from services.demo_story import Move, Story

CALLS_DONE, CALLS_LAST = 0.5, 0.2  # of a week's list; of the last two, so that some are left
NOTES = (
    "Demande toujours un relevé de compte avant de payer.",
    "Règle après le passage de la direction, le jeudi.",
    "Nouvelle comptable depuis septembre, très réactive par téléphone.",
    "Ne pas appeler le lundi : inventaire.",
    "Bon de commande obligatoire sur chaque facture, sinon elle est rejetée.",
    "Client historique, prévenir le commercial avant toute mise en demeure.",
    "Adresse de facturation différente de l'adresse de livraison.",
    "Trésorerie tendue cet été, a tenu son échéancier.",
)
HOLD_REASONS = (
    "Accord de la direction jusqu'à la livraison",
    "Facture à refaire : référence de commande",
    "Plan en discussion",
)
REMARKS = {
    "reached": ("Va vérifier avec son responsable.", "Facture bien reçue, en attente de validation.", "Demande un duplicata."),
    "voicemail": ("Message laissé sur le répondeur.", "Rappeler demain matin."),
    "no_answer": ("Sonne sans réponse.",),
    "promise": ("Virement prévu.", "Paiement au prochain passage en banque."),
    "dispute": ("Conteste la quantité livrée.",),
    "wrong_number": ("Ce n'est plus le bon service.",),
}
TAGS = ("salon", "franco de port", "grand froid", "appel d'offres")


@dataclass(slots=True)
class People:
    """The staff at work in one company; ids of users are None where nobody signs in."""

    story: Story
    company: Company
    staff: dict[str, User]

    def who(self, local: str) -> int | None:
        """The id of a member of staff by the first part of their address."""
        found = self.staff.get(local)
        return found.id if found else None


def settle_in(session: Session, people: People, now: datetime) -> None:
    """The first day: portfolios, notes on customers, tags, an address that bounced, a customer in receivership."""
    customers = sorted(customers_by_code(session, people.company.id).values(), key=lambda c: c.code)
    collectors = [people.who("recouvrement"), people.who("compta")]
    chance = dice(people.story.size.seed, "people", people.company.code)
    for place, customer in enumerate(customers):
        customer.collector_id = collectors[place % 2]
        if place % 17 == 3:
            customer.tags = [TAGS[place // 17 % len(TAGS)]]
    for customer in chance.sample(customers, max(1, len(customers) // 12)):
        note = Note(
            customer_id=customer.id, author_id=people.who("recouvrement"), written_at=now - timedelta(days=chance.randint(0, 40)),
            body=chance.choice(NOTES), pinned=chance.random() < 0.3,
        )  # fmt: skip
        session.add(note)
        session.flush()
        audit.record(session, note.written_at, note.author_id, people.company.id, "create", "note", note.id)
    for contact in billing_contacts(session, [c.id for c in chance.sample(customers, max(1, len(customers) // 80))]):
        contact.email_bad_reason, contact.email_bad_at = "refused", now
    session.flush()


def work(session: Session, people: People, day: date, now: datetime) -> None:
    """One week's calls, disputes opened and solved, promises by e-mail, and a hold now and then."""
    chance = dice(people.story.size.seed, "week", people.company.code, day)
    customers = customers_by_code(session, people.company.id)
    _quarrels(session, people, customers, day, now)
    share = CALLS_LAST if day >= people.story.size.on - timedelta(days=17) else CALLS_DONE
    for entry in entries(session, people.company.id, channel="call", held=False):
        if chance.random() < share:
            _call(session, people, session.get_one(Customer, entry.customer_id), entry, chance, day, now)
    _promises(session, people, customers, chance, day, now)
    _hold(session, people, customers, chance, day, now)


def _quarrels(session: Session, people: People, customers: dict[str, Customer], day: date, now: datetime) -> None:
    items = open_debits(session, people.company.id)
    known = {dispute.item_id: dispute for dispute in session.query(Dispute).filter_by(company_id=people.company.id)}
    for quarrel in people.story.quarrels:
        customer = customers[people.story.parties[quarrel.party].code]
        item = items.get((customer.id, quarrel.piece))
        if item is None or not quarrel.since <= day:
            continue
        dispute = known.get(item.id)
        if dispute is None and day < quarrel.solved_on:
            disputes.open_dispute(
                session, customer, quarrel.reason, people.who("service-client"), now, day, item_id=item.id,
                remark="Signalé par le client", owner_id=people.who("service-client"), deadline_on=day + timedelta(days=21),
            )  # fmt: skip
        elif dispute is not None and dispute.solved_at is None and quarrel.solved_on <= day:
            disputes.solve_dispute(session, dispute, "Avoir accordé", people.who("service-client"), now, day)


def _call(
    session: Session, people: People, customer: Customer, entry: Entry, chance: random.Random, day: date, now: datetime
) -> None:
    outcome = chance.choices(("reached", "voicemail", "no_answer", "promise", "dispute"), (30, 25, 15, 25, 5))[0]
    promise = PromiseSaid(_promised_on(chance, day), entry.amount_cents) if outcome == "promise" else None
    dispute = DisputeSaid("quantity", entry.item_ids[:1]) if outcome == "dispute" else None
    record_outcome(
        session, people.company, customer, outcome, people.who("recouvrement"), now, day, entry_id=entry.id,
        remark=chance.choice(REMARKS[outcome]), promise=promise, dispute=dispute,
    )  # fmt: skip


def _promised_on(chance: random.Random, day: date) -> date:
    return working_day(day + timedelta(days=chance.randint(4, 18)))


def _promises(
    session: Session, people: People, customers: dict[str, Customer], chance: random.Random, day: date, now: datetime
) -> None:
    """Some who are late write when they will pay: most mean it, bad payers do not."""
    items = open_debits(session, people.company.id)
    pays = _payments_to_come(people.story, day)
    late = [m for m in people.story.open_on(day) if m.kind is Kind.INVOICE and m.due_on < day - timedelta(days=5)]
    for move in late:
        party = people.story.parties[move.party]
        item = items.get((customers[party.code].id, move.piece))
        if item is None or chance.random() > 0.06:
            continue
        paid_on = pays.get((move.party, move.group))
        honest = party.habit is not Habit.BAD and paid_on is not None and paid_on <= day + timedelta(days=30)
        promised_on = paid_on if honest and paid_on else _promised_on(chance, day)
        promises.record_promise(
            session, customers[party.code], promised_on, item.open_cents, people.who("compta"), now, day, item_id=item.id,
            channel="email", said_by=party.contact,
        )  # fmt: skip


def _payments_to_come(story: Story, day: date) -> dict[tuple[int, int], date]:
    """The next payment of each group after a day, as the story knows it."""
    found: dict[tuple[int, int], date] = {}
    for move in story.moves:
        if move.day > day and move.kind is Kind.PAYMENT:
            found.setdefault((move.party, move.group), move.day)
    return found


def _hold(
    session: Session, people: People, customers: dict[str, Customer], chance: random.Random, day: date, now: datetime
) -> None:
    late: list[Move] = [m for m in people.story.open_on(day) if m.kind is Kind.INVOICE and m.due_on < day]
    if not late or chance.random() > 0.6:
        return
    customer = customers[people.story.parties[chance.choice(late).party].code]
    until = day + timedelta(days=chance.randint(10, 60))
    holds.place_hold(session, customer, chance.choice(HOLD_REASONS), until, people.who("compta"), now, day)


def expect_money(session: Session, people: People, day: date, now: datetime) -> None:
    """On the last day the director has moved a few large amounts on the grid."""
    actor_id = people.who("direction")
    if actor_id is None:
        return
    items = sorted(open_debits(session, people.company.id).values(), key=lambda item: (-item.open_cents, item.id))
    chance = dice(people.story.size.seed, "expects", people.company.code)
    for item in items[:40:5]:
        _expect(session, item, working_day(max(item.due_on, day) + timedelta(days=chance.randint(5, 25))), actor_id, now, day)


def _expect(session: Session, item: Item, on: date, actor_id: int, now: datetime, day: date) -> None:
    customer = session.get_one(Customer, item.customer_id)
    expected.set_expected(session, customer, {item.id: on}, actor_id, now, day)
