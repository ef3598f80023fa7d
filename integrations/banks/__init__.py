"""Bank files → `BankFile`."""
