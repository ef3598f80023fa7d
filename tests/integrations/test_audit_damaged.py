"""Audit files damaged at random, with fixed seeds: refused with a place, or read whole; nothing else ever happens."""

from __future__ import annotations

import re
from random import Random

import pytest

from integrations.files import Refused
from integrations.ledgers import ReadOptions, read
from tests.integrations.test_saft import CREDITED, PAID, SOLD, saft
from tests.integrations.test_xaf import BANK, BOUGHT, OPENING, SALES, xaf

GOOD = {
    "saft": saft(SOLD, PAID, CREDITED, opening="320.50", closing="320.50"),
    "xaf": xaf(SALES, BANK, BOUGHT, opening=OPENING.format(kind="CU", amount="300.00")),
}
ODD = ("", "-", "9" * 400, "NaN", "1e9", "2026-13-45", "é" * 50, "<a/>", "x" * 20_000, "0", "-0.005", "&#1;", "]]>")


def damaged(text: str, random: Random) -> bytes:
    """One damage of six kinds: cut, bytes turned, a piece lost, a piece twice, an odd value, another encoding."""
    data = bytearray(text.encode())
    kind, place = random.randrange(6), random.randrange(len(data))
    if kind == 0:
        return bytes(data[:place])
    if kind == 1:
        for _ in range(random.randrange(1, 10)):
            data[random.randrange(len(data))] = random.randrange(256)
    elif kind == 2:
        del data[place : place + random.randrange(400)]
    elif kind == 3:
        data[place:place] = data[place : place + random.randrange(400)]
    elif kind == 4:
        found = random.choice([*re.finditer(r">([^<>\n]+)<", text)])
        return (text[: found.start(1)] + random.choice(ODD) + text[found.end(1) :]).encode()
    else:
        return text.encode(random.choice(("utf-16", "cp1252", "utf-16-le", "utf-32", "cp850")), "replace")
    return bytes(data)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_damaged_at_random(name: str) -> None:
    random, refused = Random(name), 0
    for _ in range(400):
        data = damaged(GOOD[name], random)
        try:
            snapshot = read(data, "x", ReadOptions())
        except Refused as error:
            refused += 1
            assert isinstance(error.params.get("line"), int) or error.code in ("no_customer_lines", "not_recognised"), error
        else:
            assert sum(line.amount_cents for line in snapshot.lines) == sum(snapshot.balance_cents.values())
            assert all(line.customer for line in snapshot.lines)
    assert refused > 200


@pytest.mark.parametrize("name", sorted(GOOD))
def test_deep_and_wide_files_are_refused(name: str) -> None:
    tag = "auditfile" if name == "xaf" else "AuditFile"
    deep = f"<{tag}>" + "<a>" * 5000 + "</a>" * 5000 + f"</{tag}>"
    with pytest.raises(Refused) as caught:
        read(deep.encode(), "x", ReadOptions())
    assert caught.value.code == "xml_damaged"
    wide = f"<{tag}>" + "".join(f"<t{number}/>" for number in range(30_000)) + f"</{tag}>"
    with pytest.raises(Refused) as caught:
        read(wide.encode(), "x", ReadOptions())
    assert caught.value.code == "file_empty"
