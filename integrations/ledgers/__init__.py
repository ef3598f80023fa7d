"""Ledgers from outside: bytes of a file in, one `rules.ledger.LedgerSnapshot` out, or `Refused`."""
