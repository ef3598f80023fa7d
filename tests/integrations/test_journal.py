"""The send journal: what it still knows after a death of the process, of the machine, in the middle of a line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.channels import Envelope, Outcome
from integrations.channels import journal as journals
from integrations.channels.journal import Journal, machine_run, traces

NOW = datetime(2026, 5, 19, 8, tzinfo=UTC)


def envelope(number: int, attempt: int = 1) -> Envelope:
    return Envelope(number, f"<{number}@example>", attempt, "a@b.example", "c@d.example", b"")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Four claimed: the first answered, the second at its dot, the third refused before it, the fourth not begun."""
    book = Journal(tmp_path / "send-journal.log", lambda: NOW)
    four = [envelope(number) for number in range(1, 5)]
    book.claims(four)
    book.dot(four[0])
    book.reply(Outcome(four[0], "sent", answer="2.0.0 kept\tas\n42"))
    book.dot(four[1])
    book.reply(Outcome(four[2], "retry", answer="later"))
    book.close()
    return book.path


ALL = [(f"<{number}@example>", 1) for number in range(1, 5)]


def test_after_the_death_of_the_process_only_the_dot_without_answer_is_in_doubt(path: Path):
    found = traces(path, ALL, machine_run())
    assert {key[0]: trace.state for key, trace in found.items()} == {"<1@example>": "sent", "<2@example>": ""}
    assert found[ALL[0]].answer == "2.0.0 kept as 42" and found[ALL[0]].dot_at == NOW
    assert traces(path, [("<1@example>", 2)], machine_run()) == {}  # another attempt


def test_after_the_death_of_the_machine_every_unanswered_claim_is_in_doubt(path: Path):
    found = traces(path, ALL, "another run")
    assert {key[0]: trace.state for key, trace in found.items()} == {
        "<1@example>": "sent", "<2@example>": "", "<3@example>": "retry", "<4@example>": "",
    }  # fmt: skip


def test_a_torn_line_is_no_line_and_the_next_one_is_whole(path: Path):
    with path.open("ab") as file:
        file.write(b"2026-05-19T08:00:00+00:00\tdot\t<4@exam")
    assert len(traces(path, ALL, machine_run())) == 2
    book = Journal(path, lambda: NOW)
    book.dot(envelope(4))
    book.close()
    assert ALL[3] in traces(path, ALL, machine_run())


def test_without_a_name_for_the_machine_s_run_every_dot_goes_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journals, "BOOT", tmp_path / "nothing")
    forced: list[int] = []
    monkeypatch.setattr(journals.os, "fdatasync", forced.append)
    book = Journal(tmp_path / "journal", lambda: NOW)
    book.claims([envelope(1)])
    book.dot(envelope(1))
    book.close()
    assert len(forced) == 2
    assert traces(book.path, [("<1@example>", 1)], machine_run())[("<1@example>", 1)].state == ""


def test_the_journal_is_private(path: Path):
    assert path.stat().st_mode & 0o777 == 0o600
