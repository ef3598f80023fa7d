"""A large FEC is read by two processes, half each: what comes out, or is refused, is what one would have said."""

from __future__ import annotations

import random
from datetime import date

import pytest

from integrations import ledgers
from integrations.files import Refused
from integrations.ledgers import ReadOptions, sandbox
from tests.integrations import files

OPTIONS = ReadOptions(customer_accounts=("411",), today=date(2026, 11, 20))


def _large(entries: int = 40_000, *, sorted_by_account: bool = False) -> bytes:
    """Sales and payments, more than eight megabytes; every seventh without auxiliary, some lettered."""
    dice = random.Random(7)
    lines = []
    for number in range(entries):
        day = f"2026{number * 10 // entries + 1:02d}{dice.randint(1, 28):02d}"
        cents = dice.randint(100, 999_999)
        amount = f"{cents // 100},{cents % 100:02d}"
        aux = dice.choice(("C001", "C002", "C003")) if number % 7 else ""
        letter = {"EcritureLet": f"A{number // 2}", "DateLet": day} if number % 3 else {}
        piece, entry = f"F{number // 2:06d}", str(number + 1)
        first, second = ("411000", "706000") if number % 2 else ("512000", "411000")
        name = {"CompteLib": "Clients de l’été" if number > entries // 2 else "Clients"}
        for account, signed in ((first, amount), (second, "-" + amount)):
            customer = {"aux": aux, **letter, **name} if account == "411000" else {}
            lines.append(files.line("VE" if number % 2 else "BQ", entry, day, account, signed, piece=piece, **customer))
    if sorted_by_account:
        lines.sort(key=lambda one: one["CompteNum"])
    return files.fec(lines)


@pytest.mark.parametrize("sorted_by_account", [False, True])
def test_two_halves_are_the_whole(sorted_by_account: bool) -> None:
    data = _large(sorted_by_account=sorted_by_account)
    assert len(data) > 8 * 1024 * 1024
    assert sandbox.read_in_child(data, "a", OPTIONS) == ledgers.read(data, "a", OPTIONS)


@pytest.mark.parametrize("place", [0.2, 0.8])
@pytest.mark.parametrize("damage", ["20261301", "2026\t01"])
def test_the_line_at_fault_is_named_in_either_half(place: float, damage: str) -> None:
    lines = _large().split(b"\n")
    number = int(len(lines) * place)
    fields = lines[number].split(b"\t")
    fields[3] = damage.encode()
    lines[number] = b"\t".join(fields)
    data = b"\n".join(lines)
    refusals = []
    for read in (sandbox.read_in_child, ledgers.read):
        with pytest.raises(Refused) as refused:
            read(data, "a", OPTIONS)
        refusals.append((refused.value.code, refused.value.params))
    assert refusals[0] == refusals[1]
    assert refusals[0][1]["line"] == number + 1
