"""The life of a demo company's customer accounts: who they are, what they were invoiced, when and how they paid.

Everything falls out of the seed: the same `Size` gives the same story, event by event. The story goes on after its
last day, so that promises made today can be meant; an export shows only what had happened by its day.

>>> story = make_story(Size(customers=3, years=1, on=date(2026, 11, 20)))
>>> sum(move.cents for move in story.moves if move.group == 0 and move.party == 0)  # a group settled in the end
0
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from rules.ledger import Kind
from rules.terms import Mode, Terms, due_on
from services.demo_habits import BAD, PROFILES, Habit, Segment, dice, month_weight, pays_on, working_day
from services.demo_names import FAMILIES, FIRST_NAMES, Namer, Place, email_of, phone_of

AHEAD = timedelta(days=150)  # how far the story is told after its last day
WARM_UP = timedelta(days=120)  # invoices before the first year, so that it opens with something
REPS = ("Amélie Fontebrune", "Bastien Rabastel", "Clara Nantillois", "David Mirambelle")
GROUPED = (Habit.MONTH_END,)
TAX_PERCENT = {"FR": 20, "BE": 21}


@dataclass(frozen=True, slots=True)
class Size:
    """What decides a story. `items` and `open_items`, when given, are met exactly (lines on customer accounts in the
    last year, and those of them open on the last day): the company then begins with that year."""

    customers: int
    years: int
    on: date
    seed: int = 1
    country: str = "FR"
    items: int | None = None
    open_items: int | None = None

    @property
    def first_day(self) -> date:
        """First day of the first fiscal year (calendar years)."""
        return date(self.on.year - self.years + 1, 1, 1)


class Party(NamedTuple):
    """A customer. Empty fields are unknown to the company, as they are in life."""

    code: str
    name: str
    profile: str
    habit: Habit
    terms: Terms
    method: str
    language: str
    legal_type: str
    sales_rep: str
    contact: str
    email: str
    phone: str
    street: str
    postcode: str
    city: str
    country: str
    credit_limit_cents: int | None
    factor: float  # size of its invoices against its segment's


class Move(NamedTuple):
    """One line on a customer account; `cents` signed, positive is owed. Lines of a `group` are lettered together,
    each from `lettered_on`; the group is whole on `complete_on` (None: not in the time told)."""

    day: date
    party: int
    kind: Kind
    document_on: date
    due_on: date
    piece: str
    label: str
    cents: int
    group: int
    against: str = "512000"  # the account on the other side (sales tax apart)
    lettered_on: date | None = None
    complete_on: date | None = None
    code: str = ""


@dataclass(slots=True)
class Sale:
    """An invoice or a credit note before it has its number."""

    party: int
    day: date
    cents: int
    kind: Kind = Kind.INVOICE
    of: Sale | None = None  # of a credit note
    piece: str = ""
    due_on: date = date.min


@dataclass(frozen=True, slots=True)
class Quarrel:
    """An invoice contested from a day on, and why; solved_on in the time told."""

    party: int
    piece: str
    since: date
    reason: str
    solved_on: date


@dataclass(slots=True)
class Story:
    """All of it, in order of days."""

    size: Size
    parties: list[Party]
    moves: list[Move]
    quarrels: list[Quarrel] = field(default_factory=list)

    def open_on(self, day: date) -> list[Move]:
        """The lines not settled with others at the end of a day."""
        return [m for m in self.moves if m.day <= day and not (m.complete_on and m.complete_on <= day)]


def make_story(size: Size) -> Story:
    """The story of one company."""
    namer = Namer(size.country)
    parties = [_party(namer, size, number) for number in range(size.customers)]
    sales = [sale for number, party in enumerate(parties) for sale in _sales(party, number, size)]
    notes = [note for sale in sales if (note := _credit_note(sale, dice(size.seed, "avoir", sale.party, sale.day)))]
    _number(sales, "FA")
    _number(notes, "AV")
    story = Story(size, parties, [])
    per_party: dict[int, list[Sale]] = {}
    for sale in sales:
        per_party.setdefault(sale.party, []).append(sale)
    noted = {id(note.of): note for note in notes}
    for number, bought in per_party.items():
        chance = dice(size.seed, "pays", size.country, number)
        life = _Life(number, parties[number], size.country, size.on, chance)
        for sale in bought:
            life.live(sale, noted.get(id(sale)))
        story.moves += life.told()
        story.quarrels += life.quarrels
    if size.items is not None or size.open_items is not None:
        story.moves = _fit(story)
    story.moves.sort(key=_order)
    return story


def _order(move: Move) -> tuple[date, int, str, int, int]:
    return move.day, move.kind in (Kind.PAYMENT, Kind.REJECTED), move.piece, move.party, move.cents


# ---- who they are ----------------------------------------------------------------------------------------------------


def _party(namer: Namer, size: Size, number: int) -> Party:
    chance = dice(size.seed, "party", size.country, number)
    segment = chance.choices(PROFILES, [s.share for s in PROFILES])[0]
    habit = chance.choices([h for h, _ in segment.habits], [w for _, w in segment.habits])[0]
    person = segment.code == "consumer"
    place = namer.place(chance, abroad=not person and segment.code != "public" and chance.random() < 0.12)
    name = _name(namer, segment, place, chance)
    known_bad = habit is Habit.BAD and not person and chance.random() < 0.7
    address = place if chance.random() > 0.03 else Place("", "", "", place.country, place.language)
    return Party(
        code=namer.code(name),
        name=name,
        profile=BAD if known_bad else segment.code,
        habit=habit,
        terms=chance.choice(
            [t for t in segment.terms if habit not in GROUPED or t.mode == Mode.DAYS_MONTH_END] or segment.terms
        ),
        method=chance.choice(segment.methods),
        language=place.language,
        legal_type=segment.legal_type,
        sales_rep=chance.choice(REPS),
        contact=name if person else (_clerk(chance) if chance.random() < 0.7 else ""),
        email="" if chance.random() < segment.without_email else email_of(name, chance, person),
        phone="" if chance.random() < 0.08 else phone_of(place, chance, mobile=person),
        street=address.street,
        postcode=address.postcode,
        city=address.city,
        country=address.country,
        credit_limit_cents=chance.choice((500_000, 1_000_000, 2_000_000, 5_000_000)) if segment.code == "key_account" else None,
        factor=min(3.0, max(0.4, chance.lognormvariate(0, 0.4))),
    )


def _clerk(chance: random.Random) -> str:
    """Somebody in the accounts department."""
    return f"{chance.choice(FIRST_NAMES)} {chance.choice(FAMILIES)}"


def _name(namer: Namer, segment: Segment, place: Place, chance: random.Random) -> str:
    if segment.code == "consumer" or (segment.code == "sole_trader" and chance.random() < 0.35):
        return namer.person(chance)
    return namer.public(chance, place) if segment.code == "public" else namer.business(chance, place)


def sales_account(party: Party, country: str) -> str:
    """Where a sale is booked: with the company's tax, or free of it to a firm in another country of the Union."""
    return "701200" if party.country != country and party.legal_type == "business" else "701000"


# ---- what they buy ---------------------------------------------------------------------------------------------------


def _sales(party: Party, number: int, size: Size) -> Iterable[Sale]:
    """The invoices of one customer, from before the first year to the last day."""
    chance = dice(size.seed, "buys", size.country, number)
    segment = next((s for s in PROFILES if s.code == party.profile), PROFILES[1])
    begin = size.first_day - (timedelta() if size.items else WARM_UP)
    if not size.items and chance.random() < 0.3:  # became a customer on the way
        begin += timedelta(days=chance.randint(0, max(1, (size.on - begin).days - 60)))
    months = (size.on.year - begin.year) * 12 + size.on.month - begin.month + 1
    volume = segment.per_month if size.items is None else 1.3 * size.items / size.customers / months
    tax = TAX_PERCENT[size.country] if sales_account(party, size.country) == "701000" else 0
    for index in range(months):
        first = date(begin.year + (begin.month - 1 + index) // 12, (begin.month - 1 + index) % 12 + 1, 1)
        wanted = volume * month_weight(party.habit, first.month)
        count = int(wanted) + (chance.random() < wanted % 1)
        for _ in range(count):
            day = working_day(first + timedelta(days=chance.randint(0, 27)))
            net = max(900, round(chance.lognormvariate(0, segment.spread) * segment.median_cents * party.factor))
            if begin <= day <= size.on:
                yield Sale(number, day, net + (net * tax + 50) // 100, due_on=due_on(day, party.terms))


def _credit_note(sale: Sale, chance: random.Random) -> Sale | None:
    if chance.random() > 0.025:
        return None
    cents = sale.cents if chance.random() < 0.25 else sale.cents * chance.randint(8, 40) // 100
    return Sale(sale.party, working_day(sale.day + timedelta(days=chance.randint(4, 20))), -cents, Kind.CREDIT_NOTE, sale)


def _number(documents: list[Sale], prefix: str) -> None:
    """Numbers without a gap, in order of days, new each year."""
    counters: dict[int, int] = {}
    for document in sorted(documents, key=lambda d: (d.day, d.party, d.cents)):
        year = document.day.year
        counters[year] = counters.get(year, 0) + 1
        document.piece = f"{prefix}{year % 100:02d}{counters[year]:05d}"


# ---- how they pay ----------------------------------------------------------------------------------------------------

REASONS = ("quality", "quantity", "price", "not_received")


class _Life:
    """One customer's payments: moves and the groups they are lettered in."""

    def __init__(self, number: int, party: Party, country: str, on: date, chance: random.Random) -> None:
        self.number, self.party, self.chance, self.on = number, party, chance, on
        self.end = on + AHEAD
        self.sales_account = sales_account(party, country)
        self.groups: list[list[Move]] = []
        self.lags: list[int] = []  # days until a group is lettered
        self.runs: dict[date, list[tuple[Sale, Sale | None]]] = {}  # transfers for several invoices
        self.quarrels: list[Quarrel] = []

    def live(self, sale: Sale, note: Sale | None) -> None:
        """What becomes of an invoice."""
        roll = self.chance.random()
        paid_on = pays_on(self.party.habit, sale.due_on, self.chance)
        if paid_on is not None and paid_on <= sale.day:
            paid_on = working_day(sale.day + timedelta(days=1))
        if note is not None and (paid_on is None or note.day >= paid_on or note.cents == -sale.cents):
            paid_on = None if note.cents == -sale.cents else max(paid_on or sale.due_on, working_day(note.day))
        contested = roll < (0.085 if self.party.habit is Habit.QUARREL else 0.004)
        if contested and note is None:
            self._contested(sale)
        elif paid_on is None:
            given_up = working_day(sale.due_on + timedelta(days=self.chance.randint(300, 400)))
            lost = (
                []
                if note
                else [self._move(given_up, Kind.OTHER, sale, f"Créance irrécouvrable {sale.piece}", -sale.cents, "654000")]
            )
            self._group([self._document(sale), *self._notes(note), *lost])
        elif self.party.habit is Habit.DEBIT:
            self._debited(sale, note, paid_on)
        elif self.party.habit in GROUPED and note is None:
            self.runs.setdefault(paid_on, []).append((sale, note))
        else:
            self._paid(sale, note, paid_on, roll)

    def told(self) -> list[Move]:
        """All moves, lettered."""
        for day, run in self.runs.items():
            total = sum(sale.cents for sale, _ in run)
            text = run[0][0].piece if len(run) == 1 else f"{len(run)} factures"
            self._group([*(self._document(sale) for sale, _ in run), self._payment(day, total, text, run[0][0].piece)])
        return [move for move in self._lettered() if move.day <= self.end]

    def _paid(self, sale: Sale, note: Sale | None, day: date, roll: float) -> None:
        owed = sale.cents + (note.cents if note else 0)
        group = [self._document(sale), *self._notes(note)]
        bad = self.party.habit is Habit.BAD
        if roll > (0.65 if bad else 0.98):  # in two parts
            part = owed * self.chance.randint(30, 65) // 100
            rest_on = working_day(day + timedelta(days=self.chance.randint(15, 50)))
            group += [self._payment(day, part, f"acompte {sale.piece}", sale.piece)]
            group += [self._payment(rest_on, owed - part, f"solde {sale.piece}", sale.piece)]
        elif 0.010 < roll < 0.020 and owed > 5_000:  # a few cents short, written off
            short = self.chance.randint(1, 250)
            group += [self._payment(day, owed - short, sale.piece, sale.piece)]
            label = f"Écart de règlement {sale.piece}"
            group += [self._move(working_day(day + timedelta(days=3)), Kind.OTHER, sale, label, -short, "658000")]
        elif 0.020 < roll < 0.025:  # too much, given back later
            more, back = self.chance.randint(100, 6_000), working_day(day + timedelta(days=self.chance.randint(30, 120)))
            group += [self._payment(day, owed + more, sale.piece, sale.piece)]
            group += [self._move(back, Kind.OTHER, sale, f"Remboursement trop-perçu {sale.piece}", more)]
        elif 0.025 < roll < 0.028:  # twice; paid back later
            group += [self._payment(day, owed, sale.piece, sale.piece)]
            again, back = day + timedelta(days=7), working_day(day + timedelta(days=self.chance.randint(40, 90)))
            double = self._payment(working_day(again), owed, sale.piece, sale.piece)
            self._group([double, self._move(back, Kind.OTHER, sale, f"Remboursement double paiement {sale.piece}", owed)])
        elif 0.028 < roll < 0.035:  # nobody knows yet what it is for
            group += [self._payment(day, owed, "", "")]
            self._group(group, lag=self.chance.randint(15, 50))
            return
        else:
            group += [self._payment(day, owed, sale.piece, sale.piece)]
        self._group(group)

    def _debited(self, sale: Sale, note: Sale | None, day: date) -> None:
        owed = sale.cents + (note.cents if note else 0)
        self._group([self._document(sale), *self._notes(note), self._payment(day, owed, sale.piece, sale.piece)], lag=0)
        if self.chance.random() > 0.035:
            return
        back = working_day(day + timedelta(days=self.chance.randint(3, 6)))
        again = working_day(back + timedelta(days=self.chance.randint(14, 60)))
        label = f"REJET PRLV SEPA provision insuffisante {sale.piece}"
        self._group(
            [
                self._move(back, Kind.REJECTED, sale, label, owed),
                self._payment(again, owed, sale.piece, sale.piece)._replace(label=f"VIR {sale.piece} {self.party.name}"),
            ]
        )

    def _contested(self, sale: Sale) -> None:
        since = sale.day + timedelta(days=self.chance.randint(6, 25))
        solved = working_day(since + timedelta(days=self.chance.randint(35, 110)))
        credit = sale.cents * self.chance.randint(10, 35) // 100
        label = f"Avoir suite à litige {sale.piece}"
        self._group(
            [
                self._document(sale),
                self._move(solved, Kind.CREDIT_NOTE, sale, label, -credit, self.sales_account),
                self._payment(working_day(solved + timedelta(days=9)), sale.cents - credit, sale.piece, sale.piece),
            ]
        )
        self.quarrels.append(Quarrel(self.number, sale.piece, since, self.chance.choice(REASONS), solved))

    def _document(self, sale: Sale) -> Move:
        return Move(
            sale.day, self.number, sale.kind, sale.day, sale.due_on, sale.piece, f"Facture {sale.piece} {self.party.name}",
            sale.cents, 0, self.sales_account,
        )  # fmt: skip

    def _notes(self, note: Sale | None) -> list[Move]:
        if note is None or note.of is None:
            return []
        label = f"Avoir {note.piece} sur {note.of.piece} {self.party.name}"
        return [
            Move(note.day, self.number, note.kind, note.day, note.day, note.piece, label, note.cents, 0, self.sales_account)
        ]

    def _payment(self, day: date, cents: int, what: str, piece: str) -> Move:
        word = {"cheque": "CHQ", "direct_debit": "PRLV SEPA", "card": "CB"}.get(self.party.method, "VIR")
        label = " ".join(f"{word} {what} {self.party.name}".split())
        return Move(day, self.number, Kind.PAYMENT, day, day, piece, label, -cents, 0)

    def _move(self, day: date, kind: Kind, sale: Sale, label: str, cents: int, against: str = "512000") -> Move:
        piece = sale.piece if kind is not Kind.CREDIT_NOTE else f"AVL{sale.piece[2:]}"
        return Move(day, self.number, kind, day, day, piece, label, cents, 0, against)

    def _group(self, moves: list[Move], lag: int | None = None) -> None:
        if lag is None:
            lag = self.chance.randint(1, 5) if self.chance.random() < 0.12 else 0
        self.lags.append(lag)
        self.groups.append(moves)

    def _lettered(self) -> list[Move]:
        """Each line with its letter: from the first payment on, small until the group is whole."""
        firsts: list[tuple[date, int]] = []
        done: list[Move] = []
        whole: dict[int, date | None] = {}
        for number, group in enumerate(self.groups):
            debits, credits = [m.day for m in group if m.cents > 0], [m.day for m in group if m.cents < 0]
            lag = timedelta(days=self.lags[number])
            whole[number] = max(m.day for m in group) + lag if sum(m.cents for m in group) == 0 else None
            if debits and credits:
                firsts.append((max(min(debits), min(credits)) + lag, number))
        codes = {number: (first, letters(place)) for place, (first, number) in enumerate(sorted(firsts))}
        for number, group in enumerate(self.groups):
            first, code = codes.get(number, (None, ""))
            for move in group:
                since = max(first, move.day) if first else None
                done.append(move._replace(group=number, lettered_on=since, complete_on=whole[number], code=code))
        return done


def letters(place: int) -> str:
    """AA, AB, … ZZ, AAA: the letter of the nth group of a customer.

    >>> letters(0), letters(27), letters(676)
    ('AA', 'BB', 'AAA')
    """
    width, count = 2, 26 * 26
    while place >= count:
        place, width = place - count, width + 1
        count = 26**width
    signs = ""
    for _ in range(width):
        place, rest = divmod(place, 26)
        signs = chr(65 + rest) + signs
    return signs


# ---- exact sizes, for the bench --------------------------------------------------------------------------------------


def _fit(story: Story) -> list[Move]:
    """The moves up to the last day, with exactly as many lines and open lines as asked for. Whatever can be lettered is.

    Groups of one invoice and one payment lose their payment (the latest first) or are left out; open invoices are paid."""
    on = story.size.on
    groups: dict[tuple[int, int], list[Move]] = {}
    for move in story.moves:
        if move.day <= on:
            groups.setdefault((move.party, move.group), []).append(_lettered_by(move, on))
    for key, group in groups.items():
        if group[0].complete_on is None and len(group) > 1 and sum(m.cents for m in group) == 0:
            groups[key] = [m._replace(complete_on=on) for m in group]
    settled = {key: group for key, group in groups.items() if group[0].complete_on is not None}
    simple = sorted((k for k, g in settled.items() if len(g) == 2), key=lambda k: (settled[k][0].complete_on, k), reverse=True)
    opened = sum(len(left_of(group)) for group in groups.values())
    if story.size.open_items is not None:
        _open_exactly(groups, settled, simple, story.size.open_items - opened, on)
    if story.size.items is not None:
        _count_exactly(groups, simple[::-1], settled, story.size.items)
    return [move for group in groups.values() for move in group]


def _lettered_by(move: Move, on: date) -> Move:
    late = move.complete_on is not None and move.complete_on > on
    return move._replace(
        lettered_on=min(move.lettered_on, on) if move.lettered_on else None, complete_on=None if late else move.complete_on
    )


def left_of(group: list[Move]) -> list[tuple[Move, int]]:
    """What is left open of lines lettered together: the credits reduce the debits, oldest due first."""
    debits = sorted((move for move in group if move.cents > 0), key=lambda m: (m.due_on, m.day))
    credits = sorted((move for move in group if move.cents < 0), key=lambda m: (m.due_on, m.day))
    credit, debit = -sum(move.cents for move in credits), sum(move.cents for move in debits)
    found: list[tuple[Move, int]] = []
    for lines, other in ((debits, credit), (credits, debit)):
        for move in lines:
            used = min(other, abs(move.cents))
            other -= used
            if used < abs(move.cents):
                found.append((move, move.cents - used if move.cents > 0 else move.cents + used))
    return found


def _open_exactly(
    groups: dict[tuple[int, int], list[Move]],
    settled: dict[tuple[int, int], list[Move]],
    simple: list[tuple[int, int]],
    missing: int,
    on: date,
) -> None:
    if missing > 0:
        for key in simple[:missing]:
            invoice = next(m for m in settled.pop(key) if m.kind is not Kind.PAYMENT)
            groups[key] = [invoice._replace(lettered_on=None, complete_on=None, code="")]
        del simple[:missing]
        return
    alone = sorted((k for k, g in groups.items() if k not in settled and len(g) == 1), key=lambda k: (groups[k][0].day, k))
    for key in alone[:-missing] if missing else []:
        invoice = groups[key][0]
        day = min(on, invoice.due_on + timedelta(days=30))
        paid = {"lettered_on": day, "complete_on": day, "code": f"P{letters(key[1])}"}
        payment = invoice._replace(day=day, kind=Kind.PAYMENT, document_on=day, cents=-invoice.cents, against="512000")
        groups[key] = [invoice._replace(**paid), payment._replace(**paid)]  # type: ignore[arg-type]


def _count_exactly(
    groups: dict[tuple[int, int], list[Move]],
    oldest: list[tuple[int, int]],
    settled: dict[tuple[int, int], list[Move]],
    wanted: int,
) -> None:
    """Leave out settled groups until the number of lines is right; an odd one goes with a group of three."""
    surplus = sum(map(len, groups.values())) - wanted
    if surplus < 0:
        raise ValueError(f"{-surplus} lines too few for {wanted}")
    if surplus % 2:
        three = next(key for key, group in settled.items() if len(group) == 3)
        del groups[three]
        surplus -= 3
    for key in oldest[: max(0, surplus) // 2]:
        del groups[key]
