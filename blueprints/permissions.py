"""The permission matrix: one row for every route and method, and which roles may use it.

`own` names what the URL points to: with "customer" a sales representative gets 404 for another's customer, and everyone for
another company's; with "company" everyone gets 404 for a row of another company. A route without a row fails the build and is refused."""

from __future__ import annotations

from dataclasses import dataclass

from models.users import Role

EVERYONE = frozenset(Role)
PUBLIC: frozenset[Role] = frozenset()
WHOLE_LEDGER = EVERYONE - {Role.SALES_REP}  # sees all customers of the company
SPEAK = EVERYONE - {Role.SUPPORT}  # writes notes, promises, disputes
CHASE = frozenset({Role.ADMINISTRATOR, Role.DIRECTOR, Role.ACCOUNTANT, Role.COLLECTOR})  # reminds, holds, corrects
BOOKS = frozenset({Role.ADMINISTRATOR, Role.ACCOUNTANT})  # brings ledgers in, sets scenarios and templates
ADMIN = frozenset({Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use one method of one route; `public` needs no sign-in."""

    roles: frozenset[Role]
    own: str = ""
    public: bool = False


OPEN = Rule(PUBLIC, public=True)

MATRIX: dict[tuple[str, str], Rule] = {
    ("static", "GET"): OPEN,
    ("health.show", "GET"): OPEN,
    ("health.icon", "GET"): OPEN,
    ("auth.login", "GET"): OPEN,
    ("auth.create", "POST"): OPEN,
    ("auth.setup", "GET"): OPEN,
    ("auth.setup_create", "POST"): OPEN,
    ("auth.destroy", "POST"): Rule(EVERYONE),
    ("auth.profile", "GET"): Rule(EVERYONE),
    ("auth.profile_update", "POST"): Rule(EVERYONE),
    ("auth.password_update", "POST"): Rule(EVERYONE),
    ("auth.switch_company", "POST"): Rule(EVERYONE, own="company"),
    ("home.index", "GET"): Rule(EVERYONE),
    ("help.index", "GET"): Rule(EVERYONE),
    ("search.index", "GET"): Rule(EVERYONE),
    ("customers.index", "GET"): Rule(EVERYONE),
    ("customers.export", "GET"): Rule(EVERYONE),
    ("customers.show", "GET"): Rule(EVERYONE, own="customer"),
    ("customers.upcoming", "GET"): Rule(EVERYONE, own="customer"),
    ("customers.edit", "GET"): Rule(CHASE, own="customer"),
    ("customers.update", "POST"): Rule(CHASE, own="customer"),
    ("contacts.index", "GET"): Rule(EVERYONE),
    ("contacts.repair", "POST"): Rule(SPEAK, own="customer"),
    ("contacts.new", "GET"): Rule(SPEAK, own="customer"),
    ("contacts.create", "POST"): Rule(SPEAK, own="customer"),
    ("contacts.edit", "GET"): Rule(SPEAK, own="customer"),
    ("contacts.update", "POST"): Rule(SPEAK, own="customer"),
    ("contacts.destroy", "POST"): Rule(SPEAK, own="customer"),
    ("contacts.mark_good", "POST"): Rule(SPEAK, own="customer"),
    ("notes.create", "POST"): Rule(SPEAK, own="customer"),
    ("notes.pin", "POST"): Rule(SPEAK, own="customer"),
    ("notes.destroy", "POST"): Rule(SPEAK, own="customer"),
    ("promises.index", "GET"): Rule(EVERYONE),
    ("promises.new", "GET"): Rule(SPEAK, own="customer"),
    ("promises.create", "POST"): Rule(SPEAK, own="customer"),
    ("promises.destroy", "POST"): Rule(SPEAK, own="customer"),
    ("disputes.index", "GET"): Rule(EVERYONE),
    ("disputes.new", "GET"): Rule(SPEAK, own="customer"),
    ("disputes.create", "POST"): Rule(SPEAK, own="customer"),
    ("disputes.edit", "GET"): Rule(SPEAK, own="customer"),
    ("disputes.solve", "POST"): Rule(SPEAK, own="customer"),
    ("holds.new", "GET"): Rule(CHASE, own="customer"),
    ("holds.create", "POST"): Rule(CHASE, own="customer"),
    ("holds.destroy", "POST"): Rule(CHASE, own="customer"),
    ("items.index", "GET"): Rule(EVERYONE),
    ("items.export", "GET"): Rule(EVERYONE),
    ("ageing.index", "GET"): Rule(EVERYONE),
    ("ageing.export", "GET"): Rule(EVERYONE),
    ("forecast.index", "GET"): Rule(EVERYONE),
    ("forecast.export", "GET"): Rule(EVERYONE),
    ("forecast.chip", "GET"): Rule(EVERYONE, own="customer"),
    ("forecast.move", "POST"): Rule(SPEAK, own="customer"),
    ("forecast.promise", "POST"): Rule(SPEAK, own="customer"),
    ("forecast.undo", "POST"): Rule(SPEAK, own="customer"),
    ("syncs.index", "GET"): Rule(BOOKS),
    ("syncs.create", "POST"): Rule(BOOKS),
    ("syncs.columns", "GET"): Rule(BOOKS, own="company"),
    ("syncs.columns_update", "POST"): Rule(BOOKS, own="company"),
    ("syncs.check", "GET"): Rule(BOOKS, own="company"),
    ("syncs.check_create", "POST"): Rule(BOOKS, own="company"),
    ("syncs.run", "POST"): Rule(BOOKS, own="company"),
    ("syncs.show", "GET"): Rule(BOOKS, own="company"),
    ("syncs.invariant", "GET"): Rule(BOOKS, own="company"),
    ("syncs.undo", "POST"): Rule(BOOKS, own="company"),
    ("sync_invoices.check", "GET"): Rule(BOOKS, own="company"),
    ("sync_invoices.run", "POST"): Rule(BOOKS, own="company"),
    ("sync_running.show", "GET"): Rule(BOOKS, own="company"),
    ("sources.index", "GET"): Rule(ADMIN),
    ("sources.new", "GET"): Rule(ADMIN),
    ("sources.create", "POST"): Rule(ADMIN),
    ("sources.show", "GET"): Rule(ADMIN, own="company"),
    ("sources.edit", "GET"): Rule(ADMIN, own="company"),
    ("sources.update", "POST"): Rule(ADMIN, own="company"),
    ("sources.destroy", "POST"): Rule(ADMIN, own="company"),
    ("sources.run", "POST"): Rule(ADMIN, own="company"),
    ("sources.check", "POST"): Rule(ADMIN, own="company"),
    ("sources.forget_key", "POST"): Rule(ADMIN, own="company"),
    ("documents.show", "GET"): Rule(EVERYONE, own="customer"),
    ("sync_banks.columns", "GET"): Rule(BOOKS, own="company"),
    ("sync_banks.columns_update", "POST"): Rule(BOOKS, own="company"),
    ("sync_banks.check", "GET"): Rule(BOOKS, own="company"),
    ("sync_banks.run", "POST"): Rule(BOOKS, own="company"),
    ("sync_banks.show", "GET"): Rule(BOOKS, own="company"),
    ("sync_banks.undo", "POST"): Rule(BOOKS, own="company"),
    ("receipts.index", "GET"): Rule(WHOLE_LEDGER),
    ("receipts.export", "GET"): Rule(WHOLE_LEDGER),
    ("receipts.match", "GET"): Rule(WHOLE_LEDGER),
    ("receipts.customers", "GET"): Rule(CHASE, own="company"),
    ("receipts.accept", "POST"): Rule(CHASE, own="company"),
    ("receipts.accept_certain", "POST"): Rule(CHASE),
    ("receipts.split", "POST"): Rule(CHASE, own="company"),
    ("receipts.set_customer", "POST"): Rule(CHASE, own="company"),
    ("receipts.decline", "POST"): Rule(CHASE, own="company"),
    ("receipts.ignore", "POST"): Rule(CHASE, own="company"),
    ("receipts.undo", "POST"): Rule(CHASE, own="company"),
    ("actions.index", "GET"): Rule(WHOLE_LEDGER),
    ("actions.customers", "GET"): Rule(WHOLE_LEDGER),
    ("actions.show", "GET"): Rule(WHOLE_LEDGER, own="company"),
    ("actions.body", "GET"): Rule(WHOLE_LEDGER, own="company"),
    ("actions.letter", "GET"): Rule(WHOLE_LEDGER, own="company"),
    ("actions.send", "POST"): Rule(CHASE),
    ("actions.send_one", "POST"): Rule(CHASE),
    ("actions.skip", "POST"): Rule(CHASE, own="company"),
    ("actions.resume", "POST"): Rule(CHASE, own="company"),
    ("calls.index", "GET"): Rule(CHASE),
    ("calls.show", "GET"): Rule(CHASE, own="company"),
    ("calls.create", "POST"): Rule(CHASE, own="company"),
    ("calls.other", "GET"): Rule(CHASE, own="company"),
    ("calls.other_create", "POST"): Rule(CHASE, own="company"),
    ("outboxes.show", "GET"): Rule(WHOLE_LEDGER, own="company"),
    ("outboxes.undo", "POST"): Rule(CHASE, own="company"),
    ("outboxes.hasten", "POST"): Rule(CHASE, own="company"),
    ("outboxes.stop", "POST"): Rule(CHASE, own="company"),
    ("outboxes.letters", "GET"): Rule(WHOLE_LEDGER, own="company"),
    ("messages.index", "GET"): Rule(WHOLE_LEDGER),
    ("messages.show", "GET"): Rule(EVERYONE, own="customer"),
    ("messages.body", "GET"): Rule(EVERYONE, own="customer"),
    ("messages.download", "GET"): Rule(EVERYONE, own="customer"),
    ("messages.settle", "POST"): Rule(CHASE, own="company"),
    ("messages.edit", "GET"): Rule(CHASE, own="company"),
    ("messages.update", "POST"): Rule(CHASE, own="company"),
    ("single.new", "GET"): Rule(CHASE, own="company"),
    ("single.preview", "GET"): Rule(CHASE, own="company"),
    ("single.preview", "POST"): Rule(CHASE, own="company"),
    ("single.create", "POST"): Rule(CHASE, own="company"),
    ("settings.index", "GET"): Rule(BOOKS),
    ("settings.company", "GET"): Rule(BOOKS),
    ("settings.company_update", "POST"): Rule(BOOKS),
    ("settings.mail", "GET"): Rule(ADMIN),
    ("settings.mail_update", "POST"): Rule(ADMIN),
    ("settings.mail_probe", "POST"): Rule(ADMIN),
    ("settings.profiles", "GET"): Rule(BOOKS),
    ("settings.profile_create", "POST"): Rule(BOOKS),
    ("settings.profile_update", "POST"): Rule(BOOKS, own="company"),
    ("settings.sales_rep_update", "POST"): Rule(BOOKS, own="company"),
    ("companies.index", "GET"): Rule(BOOKS),
    ("companies.new", "GET"): Rule(BOOKS),
    ("companies.create", "POST"): Rule(BOOKS),
    ("users.index", "GET"): Rule(ADMIN),
    ("users.new", "GET"): Rule(ADMIN),
    ("users.create", "POST"): Rule(ADMIN),
    ("users.edit", "GET"): Rule(ADMIN),
    ("users.update", "POST"): Rule(ADMIN),
    ("scenarios.index", "GET"): Rule(BOOKS),
    ("scenarios.show", "GET"): Rule(BOOKS, own="company"),
    ("scenarios.update", "POST"): Rule(BOOKS, own="company"),
    ("scenarios.copy", "POST"): Rule(BOOKS, own="company"),
    ("scenarios.step_create", "POST"): Rule(BOOKS, own="company"),
    ("scenarios.step_update", "POST"): Rule(BOOKS, own="company"),
    ("scenarios.step_destroy", "POST"): Rule(BOOKS, own="company"),
    ("templates.index", "GET"): Rule(BOOKS),
    ("templates.edit", "GET"): Rule(BOOKS),
    ("templates.update", "POST"): Rule(BOOKS),
    ("templates.preview", "POST"): Rule(BOOKS),
    ("templates.test", "POST"): Rule(BOOKS),
    ("templates.reset", "POST"): Rule(BOOKS),
}


def rule_for(endpoint: str | None, method: str) -> Rule | None:
    """The row of the matrix for a request; HEAD is GET."""
    return MATRIX.get((endpoint or "", "GET" if method == "HEAD" else method))
