"""A year of invoices and of what the bank shows of their payments, with the truth beside it: seeded, made up, of nobody.

Payers behave as real ones: references cut or mistyped, several invoices in one transfer, fees taken off, discounts, part
and double payments, other names than ours, somebody else paying, the same amount every month, nothing said at all; and
between them movements that are nobody's."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from rules.matching_facts import Owed, Paid, Payer, Proposal
from rules.words import fold

FIRST = date(2025, 1, 6)
TRADES = (
    "Menuiserie", "Imprimerie", "Boulangerie", "Garage", "Transports", "Librairie", "Pépinières", "Brasserie", "Fonderie",
    "Laboratoire", "Laiterie", "Serrurerie", "Charpentes", "Plâtrerie", "Électricité", "Cartonnages", "Emballages",
    "Papeterie", "Chocolaterie", "Biscuiterie", "Vergers", "Tissages", "Filature", "Mobilier", "Verrerie", "Céramiques",
    "Carrelages", "Toitures", "Logistique", "Moulins", "Semences", "Primeurs", "Savonnerie",
)  # fmt: skip
STARTS = (
    "Cord", "Briss", "Lestr", "Tourn", "Vand", "Haut", "Delm", "Ferr", "Cast", "Roum", "Pass", "Verm", "Decr", "Lam", "Bert",
    "Quesn", "Sauv", "Malb", "Pont", "Font", "Marc", "Vauq",
)  # fmt: skip
ENDS = (
    "evaux", "alet", "ameau", "ebois", "elbrocq", "ecourbe", "arquette", "andelle", "elmonge", "egoust", "elande", "elinck",
    "oixel", "ourelle", "anguy", "oyelle",
)  # fmt: skip
FORMS = ("SARL", "SAS", "SA", "EURL", "SPRL", "BV", "SCI", "Ets", "S.A.R.L.", "")
WORDS = ("FACTURE", "Fact.", "FACT N°", "Règlement facture", "PAIEMENT", "F.", "Votre facture", "VIR FACT", "Inv", "")
STYLES: dict[str, Callable[[int, date], str]] = {
    "FA2025-00012": lambda number, on: f"FA{on.year}-{number:05d}",
    "20250012": lambda number, on: f"{on.year}{number:05d}",
    "10012": lambda number, on: f"{10_000 + number}",
    "VF/25/00012": lambda number, on: f"VF/{on.year % 100}/{number:05d}",
}


@dataclass(slots=True)
class Year:
    """What is owed, who may pay, what the bank shows, and per movement the cents of each item it truly pays.

    Where a sum is short of several items the truth is which items; how the shortage is spread over them is nobody's."""

    owed: list[Owed] = field(default_factory=list)
    payers: list[Payer] = field(default_factory=list)
    movements: list[Paid] = field(default_factory=list)
    truth: dict[int, dict[int, int]] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    twins: dict[int, int] = field(default_factory=dict)  # a payment made twice: whichever is taken for the invoice is right


@dataclass(frozen=True, slots=True)
class Result:
    """How a year was matched. Recall counts every movement that truly pays something, ties and hopeless ones too."""

    applied: int
    right: int
    payments: int
    ties_applied: int
    wrong: list[tuple[int, str]]
    by_kind: dict[str, tuple[int, int]]  # payments of the kind, applied and right

    @property
    def precision(self) -> float:
        return self.right / self.applied if self.applied else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.payments if self.payments else 1.0


def judge(year: Year, proposals: list[Proposal], threshold: int) -> Result:
    """Compare what would be applied by itself with the truth."""
    applied = [one for one in proposals if one.parts and one.confidence >= threshold]
    done = {one.movement_id for one in applied}
    wrong = [(one.movement_id, year.kinds[one.movement_id]) for one in applied if not _true(year, one, done)]
    missed = {number for number, _ in wrong}
    done -= missed
    kinds: dict[str, tuple[int, int]] = {}
    for number, parts in year.truth.items():
        if parts:
            every, right = kinds.get(year.kinds[number], (0, 0))
            kinds[year.kinds[number]] = (every + 1, right + (number in done))
    payments = sum(1 for parts in year.truth.values() if parts)
    ties = sum(one.tie for one in applied)
    return Result(len(applied), len(applied) - len(wrong), payments, ties, wrong, kinds)


def _true(year: Year, proposal: Proposal, done: set[int]) -> bool:
    twin = year.twins.get(proposal.movement_id)
    truth = year.truth[proposal.movement_id if twin is None or twin in done else twin]
    ours = {part.item_id: part.cents for part in proposal.parts}
    if ours == truth:
        return True
    return len(truth) > 1 and ours.keys() == truth.keys() and sum(ours.values()) == sum(truth.values())


def make_year(seed: int, customers: int = 900, style: str = "FA2025-00012", movements: int = 0) -> Year:
    """A year of `customers` customers whose invoices are numbered in a style; filled up to so many movements with those
    that are nobody's."""
    return _Maker(seed, customers, STYLES[style], movements).make()


@dataclass(slots=True)
class _Customer:
    id: int
    name: str
    form: str
    town: str
    iban: str
    known: bool  # we know the account
    habit: str  # ogm, number, short, bare, none
    batches: bool
    amount: int  # of each invoice, 0: any
    round_to: int
    delay: int
    invoices: list[Owed] = field(default_factory=list)
    credits: list[Owed] = field(default_factory=list)
    shown: str = ""  # the name their bank gives


class _Maker:
    def __init__(self, seed: int, customers: int, number: Callable[[int, date], str], movements: int) -> None:
        self.dice = random.Random(seed)
        self.year = Year()
        self.count = customers
        self.number = number
        self.movements = movements
        self.people: list[_Customer] = []

    def make(self) -> Year:
        for number in range(1, self.count + 1):
            self.people.append(self._customer(number))
        self._homonyms()
        self._invoices()
        for person in self.people:
            self._payer(person)
            self._pays(person)
        self._nobodies()
        self.year.movements.sort(key=lambda paid: (paid.booked_on, paid.id))
        return self.year

    def _customer(self, number: int) -> _Customer:
        dice = self.dice
        family = dice.choice(STARTS) + dice.choice(ENDS)
        shapes = (
            f"{dice.choice(TRADES)} {family}",
            f"{family} et Fils",
            f"{family} {dice.choice(TRADES)}",
            f"{family} {dice.choice(STARTS)}in",
        )
        habit = dice.choices(("ogm", "number", "short", "bare", "none"), (22, 46, 10, 14, 8))[0]
        recurring = dice.random() < 0.08
        iban = f"FR{dice.randrange(10, 99)}{dice.randrange(10**22):023d}"
        amount = dice.randrange(2_000, 90_000) if recurring else 0
        return _Customer(
            number, dice.choice(shapes), dice.choice(FORMS), dice.choice(ENDS).title() + "-" + dice.choice(STARTS), iban,
            dice.random() < 0.5, habit, dice.random() < 0.3, amount, dice.choice((1, 1, 1, 1, 100, 1000)), dice.randrange(-5, 50),
        )  # fmt: skip

    def _homonyms(self) -> None:
        """A few customers bear another's name."""
        for person in self.dice.sample(self.people, self.count // 80):
            person.name = self.dice.choice(self.people).name

    def _invoices(self) -> None:
        """Numbered by day over all customers, as a company numbers them."""
        dice = self.dice
        drawn: list[tuple[date, _Customer, bool]] = []
        for person in self.people:
            if person.amount:
                drawn += [(FIRST + timedelta(days=30 * month + person.id % 20), person, False) for month in range(12)]
            else:
                drawn += [
                    (FIRST + timedelta(days=dice.randrange(350)), person, dice.random() < 0.04)
                    for _ in range(dice.randrange(3, 16))
                ]
        drawn.sort(key=lambda one: (one[0], one[1].id))
        for number, (on, person, credit) in enumerate(drawn, 1):
            cents = person.amount or max(
                person.round_to, int(dice.lognormvariate(10.6, 1.1)) // person.round_to * person.round_to
            )
            base = f"{1_000_000_000 + number * 7}"[:10]
            references = (base + f"{int(base) % 97 or 97:02d}",) if person.habit == "ogm" else ()
            made = Owed(
                number, person.id, self.number(number, on), references, -max(100, cents // 5) if credit else cents, "EUR", on,
                on + timedelta(days=30),
            )  # fmt: skip
            (person.credits if credit else person.invoices).append(made)
            self.year.owed.append(made)

    def _payer(self, person: _Customer) -> None:
        ours = f"{person.form} {person.name}".strip() if self.dice.random() < 0.6 else f"{person.name} {person.form}".strip()
        self.year.payers.append(Payer(person.id, f"C{person.id:05d}", (fold(ours),), (person.iban,) if person.known else ()))

    def _pays(self, person: _Customer) -> None:
        waiting = list(person.invoices)
        while waiting:
            size = self.dice.randrange(2, 6) if person.batches and len(waiting) > 1 else 1
            paid, waiting = waiting[:size], waiting[size:]
            if self.dice.random() < 0.06:
                continue  # not paid this year
            newest = max(item.document_on for item in paid)
            self._transfer(person, paid, newest + timedelta(days=max(1, 30 + person.delay + self.dice.randrange(-4, 9))))

    def _transfer(self, person: _Customer, items: list[Owed], on: date) -> None:
        """One payment with what may happen to it."""
        dice = self.dice
        owed = {item.id: item.open_cents for item in items}
        total = sum(owed.values())
        luck = dice.random()
        kind = person.habit if not person.amount else f"{person.habit}, same amounts"
        if len(items) > 1:
            kind += ", several"
        credits = [item for item in person.credits if item.document_on < on]
        if luck < 0.03 and total > 20_000:
            fee = dice.choice((50, 150, 250, 500))
            self._show(person, items, _less(owed, fee), total - fee, on, "bank fee")
        elif luck < 0.045 and on <= min(item.due_on for item in items):
            cut = total * 2 // 100
            self._show(person, items, _less(owed, cut), total - cut, on, "discount")
        elif luck < 0.065 and len(items) == 1 and total > 10_000:
            half = total * dice.randrange(20, 80) // 100
            self._show(person, items, {items[0].id: half}, half, on, "part payment")
            self._show(person, items, {items[0].id: total - half}, total - half, on + timedelta(days=20), "part payment")
        elif luck < 0.07:
            self._show(person, items, owed, total + 5_000, on, "over-payment")
        elif luck < 0.073:
            self._show(person, items, owed, total, on, kind)
            self.year.twins[len(self.year.movements) + 1] = len(self.year.movements)
            self._show(person, items, {}, total, on + timedelta(days=3), "paid twice")
        elif luck < 0.08:
            self._show(person, [], {}, dice.randrange(3_000, 300_000), on, "not in the books")
        elif credits and luck < 0.5 and total + credits[0].open_cents > 0:
            person.credits.remove(credits[0])
            both = owed | {credits[0].id: credits[0].open_cents}
            self._show(person, items, both, total + credits[0].open_cents, on, "credit used")
        else:
            self._show(person, items, owed, total, on, kind)

    def _show(self, person: _Customer, items: list[Owed], truth: dict[int, int], cents: int, on: date, kind: str) -> None:
        dice = self.dice
        structured = items[0].references[0] if person.habit == "ogm" and len(items) == 1 and items[0].references else ""
        text = "" if structured else self._text(person, items, cents, on)
        if structured and dice.random() < 0.15:
            text, structured = f"merci +++{structured[:3]}/{structured[3:7]}/{structured[7:]}+++", ""
        name, iban = self._name(person), person.iban if dice.random() < 0.7 else ""
        if dice.random() < 0.02:
            name, iban, kind = "FACTOR NORD CREANCES", "", f"{kind}, somebody else"
        elif dice.random() < 0.05:
            name, text = "", f"VIR SEPA DE {name} MOTIF {text}"  # some banks have one text only
        number = len(self.year.movements) + 1
        self.year.movements.append(Paid(number, on, cents, "EUR", name, iban, structured, "", text))
        self.year.truth[number] = truth
        self.year.kinds[number] = kind

    def _name(self, person: _Customer) -> str:
        """The payer's name as their bank has it: mostly the same, now and then from another account."""
        dice = self.dice
        if person.shown and dice.random() < 0.8:
            return person.shown
        name = person.name.replace(" et ", " & ") if dice.random() < 0.4 else person.name
        form = person.form if dice.random() < 0.7 else dice.choice(("", "SARL", "SOCIETE"))
        shown = f"{form} {name}" if dice.random() < 0.5 else f"{name} {form}"
        if dice.random() < 0.06:
            shown = " ".join(reversed(name.split()))
        if dice.random() < 0.08:
            shown += f" {person.town}"
        person.shown = (fold(shown).upper() if dice.random() < 0.7 else shown).strip()[: dice.choice((70, 35, 32, 32))].strip()
        return person.shown

    def _text(self, person: _Customer, items: list[Owed], cents: int, on: date) -> str:
        """What the payer writes, and what the bank leaves of it."""
        dice = self.dice
        if not items or person.habit == "none" or (dice.random() < 0.05):
            return dice.choice(("", "VIREMENT", "PAIEMENT", "merci", f"Règlement du {on:%d/%m/%Y}", "NOTPROVIDED"))
        written = [self._written(person, item) for item in items]
        joiner = dice.choice((", ", " ", " + ", " et ", "/", "; ", "-"))
        if len(items) > 2 and dice.random() < 0.1 and _neighbours(person, items):
            said = f"{written[0]} à {written[-1]}"
        else:
            said = joiner.join(written)
        text = f"{dice.choice(WORDS)} {said}".strip()
        luck = dice.random()
        if luck < 0.05:
            text += f" du {items[0].document_on:%d/%m/%Y}"
        elif luck < 0.08:
            text += f" {cents // 100},{cents % 100:02d} EUR"
        elif luck < 0.11:
            text = f"Client {dice.randrange(10_000, 99_999)} {text}"
        elif luck < 0.14:
            text = text[: max(12, len(text) - dice.randrange(1, 3))]  # cut by the bank
        elif luck < 0.17 and len(text) > 14:
            place = dice.randrange(len(text) - 8, len(text) - 1)
            text = text[:place] + " " + text[place:]  # a line of the file ended here
        return text[:140]

    def _written(self, person: _Customer, item: Owed) -> str:
        """An invoice number as somebody types it."""
        dice = self.dice
        number = item.piece
        digits = "".join(sign for sign in number if sign.isdigit())
        if person.habit == "short":
            number = dice.choice((digits[4:].lstrip("0"), digits[2:], digits[4:])) if len(digits) > 6 else digits
        elif person.habit == "bare" or dice.random() < 0.1:
            number = dice.choice((digits, number.replace("-", "").replace("/", ""), number.replace("-", " ").replace("/", " ")))
        if dice.random() < 0.03:
            number = _slip(number, dice)
        return number.lower() if dice.random() < 0.1 else number

    def _nobodies(self) -> None:
        """Movements of suppliers, the state and the bank, some with numbers like ours or names like our customers'."""
        dice = self.dice
        known = len(self.year.movements)
        for _ in range(max(known // 6, self.movements - known)):
            on = FIRST + timedelta(days=dice.randrange(380))
            cents = dice.choice((-1, -1, 1)) * dice.randrange(1_000, 400_000)
            like = self.number(dice.randrange(1, len(self.year.owed)), on)
            name = dice.choice(
                ("URSSAF", "DGFIP", "ENERGIE DU NORD", "BANQUE", f"{dice.choice(STARTS)}{dice.choice(ENDS)}".upper())
            )
            text = dice.choice(("REMBOURSEMENT", f"AVOIR {like}", "FRAIS DE TENUE DE COMPTE", f"REF {dice.randrange(10**9)}"))
            number = len(self.year.movements) + 1
            self.year.movements.append(Paid(number, on, cents, "EUR", name, "", "", "", text))
            self.year.truth[number] = {}
            self.year.kinds[number] = "nobody's"


def _less(owed: dict[int, int], missing: int) -> dict[int, int]:
    """The last item takes the shortage."""
    last = list(owed)[-1]
    return owed | {last: owed[last] - missing}


def _neighbours(person: _Customer, items: list[Owed]) -> bool:
    """Whether no other invoice of the customer has a number between the first and the last."""
    inside = [one for one in person.invoices + person.credits if items[0].id <= one.id <= items[-1].id]
    return len(inside) == len(items)


def _slip(number: str, dice: random.Random) -> str:
    places = [place for place, sign in enumerate(number) if sign.isdigit()]
    place = dice.choice(places[-4:])
    if dice.random() < 0.5 and place + 1 < len(number) and number[place + 1].isdigit():
        return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    return number[:place] + str((int(number[place]) + dice.randrange(1, 10)) % 10) + number[place + 1 :]
