"""French is complete at every commit."""

from __future__ import annotations

from tests.translations import faults, source_strings


def test_french_is_complete():
    assert len(source_strings()) > 100
    assert faults("fr") == []
