"""`python -m tests.damaged COUNT [SEED]`: damages files of every kind and reads them, with limits on time and memory.

Each damaged file must be read whole or refused with a sentence that says where; anything else is printed with what makes it
again (kind, seed), and the exit code is 1."""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections import Counter
from random import Random

from integrations.files import Refused
from rules.bank import BankFile
from rules.ledger import LedgerSnapshot
from services.wording import sentence
from tests.damaged.damage import DAMAGES
from tests.damaged.originals import Found, originals

SECONDS = 5
MEMORY = 2 * 1024**3  # of this process, the originals and the interpreter included
PLACES = ("line", "file", "page", "column", "value", "sheet", "limit", "limit_mib")
WHOLE = frozenset(
    ("not_recognised", "file_empty", "workbook_damaged", "archive_suspect", "mapping_needed", "no_customer_lines")
)
"""Refusals about a file as a whole: there is no place in it to name."""


class TooSlow(BaseException):
    """A reader took longer than it may; not an `Exception`, so that no reader can swallow it."""


def _alarm(*_: object) -> None:
    raise TooSlow


def trouble(found: Found | Refused) -> str:
    """What is wrong with an answer; "" when nothing is."""
    if isinstance(found, Refused):
        said = sentence("fr", found.code, found.params)
        if not said or said == found.code:
            return f"no sentence for {found.code}"
        if found.code not in WHOLE and not any(name in found.params for name in PLACES):
            return f"{found.code} names no place: {found.params}"
        return ""
    if isinstance(found, LedgerSnapshot):
        if found.balance_cents and sum(line.amount_cents for line in found.lines) != sum(found.balance_cents.values()):
            return "lines and balance differ"
        return "" if all(line.customer for line in found.lines) else "a line without customer"
    if isinstance(found, BankFile):
        gaps = [one.number for one in found.statements if one.gap_cents]
        return f"statements that do not add up: {gaps}" if gaps else ""
    return "" if all(one.number and one.currency for one in found) else "an invoice without number or currency"


def one(kind: str, seed: int) -> tuple[str, str]:
    """Damage a file of a kind and read it: (outcome, what is wrong)."""
    data, read = ORIGINALS[kind]
    dice = Random(f"{kind} {seed}")
    name = dice.choice(sorted(DAMAGES))
    spoilt = DAMAGES[name](data, dice) or b"\n"
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        found: Found | Refused = read(spoilt)
    except Refused as refused:
        found = refused
    except TooSlow:
        return "slow", f"{name}: more than {SECONDS} s"
    except Exception as crash:
        return "crash", f"{name}: {type(crash).__name__}: {crash}"[:300]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    wrong = trouble(found)
    return ("refused" if isinstance(found, Refused) else "read"), f"{name}: {wrong}" if wrong else ""


def main() -> None:
    """All kinds in turn until COUNT files are read."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, _alarm)
    outcomes: Counter[str] = Counter()
    bad = 0
    began = time.perf_counter()
    kinds = sorted(ORIGINALS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        outcome, wrong = one(kind, seed + number)
        outcomes[outcome] += 1
        if wrong:
            bad += 1
            print(f"{kind} {seed + number} {wrong}")
    counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
    print(f"{count} damaged files: {counts}; {bad} wrong; {time.perf_counter() - began:.0f} s")
    sys.exit(bad > 0)


ORIGINALS = originals()

if __name__ == "__main__":
    main()
