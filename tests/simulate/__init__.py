"""A seeded year of reminders: the real services on a real database, a mail server that misbehaves, a worker that dies, a clock that jumps."""
