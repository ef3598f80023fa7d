"""Electronic invoices → `Invoice`."""
