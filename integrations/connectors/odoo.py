"""Odoo (14 and later) → the receivable lines that are open today, and those settled since the last pull.

Interfaces: JSON-RPC (`/jsonrpc`, services common and object) up to Odoo 18, JSON-2 (`/json/2/<model>/<method>`, an API
key as bearer) from Odoo 19 on. Only methods that read are ever called.

A list of open items, not a journal: an Odoo in use for years has hundreds of thousands of lines, its reconciliation is
always current, and `amount_residual` says exactly what is open of each. What was reconciled since the last pull comes
along with the day it was, so that habits of paying are learnt. The customer is known by the partner's reference, else by
its number: the same key as in the FEC that Odoo writes."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from integrations.connectors.base import Cursor, Health, Pull, required
from integrations.connectors.http import Api, said
from integrations.connectors.program import MAX_LINES, Program, chunks, rows_of
from integrations.connectors.values import Odd, cents, day, number, open_list, text
from integrations.ledgers import kinds, words
from rules.errors import DomainError
from rules.ledger import LedgerLine, ThirdParty

READS = frozenset(("search_read", "read", "search_count", "fields_get", "context_get"))
"""The only methods ever called; none of them writes."""

PAGE = 500
OVERLAP = timedelta(hours=1)  # a reconciliation saved late may bear an earlier time
_PATHS = re.compile(r"/jsonrpc|/json/2/[a-z.]+/(?:" + "|".join(sorted(READS)) + ")")
_ROLES = {"sale": "sales", "bank": "bank", "cash": "bank", "credit": "bank"}
_LINE = (
    "id", "date", "date_maturity", "invoice_date", "debit", "credit", "amount_currency", "currency_id",
    "company_currency_id", "amount_residual", "partner_id", "account_id", "journal_id", "move_id", "move_name", "move_type",
    "ref", "name", "matching_number",
)  # fmt: skip
_PARTNER = (
    "id", "name", "ref", "email", "phone", "mobile", "street", "street2", "zip", "city", "country_code", "vat", "lang",
    "company_registry", "property_payment_term_id", "credit_limit", "user_id",
)  # fmt: skip

Row = dict[str, Any]


class Odoo(Program):
    """One company of one Odoo database."""

    name: ClassVar[str] = "odoo"

    def __init__(self, settings: Row, secret: str, sleep: Callable[[float], object] = time.sleep) -> None:
        self.settings, self.secret = settings, secret
        self.database, self.user = required(settings, "database"), text(settings.get("user"))
        headers = {"Authorization": f"bearer {secret}", "X-Odoo-Database": self.database}
        self.api = Api(required(settings, "url"), headers, reads=_PATHS, ca=str(settings.get("ca") or ""), sleep=sleep)
        self.version: list[Any] = []
        self.uid = 0

    # ---- the two interfaces -----------------------------------------------------------------------------------

    def call(self, model: str, method: str, first: list[Any] | None = None, **named: Any) -> Any:
        """The answer of a reading method; `first` is its domain, or the ids for `read`. Anything else is refused here."""
        if method not in READS:
            raise ValueError(f"{method} is not a reading method")
        self._enter()
        if self.major >= 19:
            body = {**named, "context": {"lang": "en_US"}}
            if first is not None:
                body["ids" if method == "read" else "domain"] = first
            return self.api.post(f"/json/2/{model}/{method}", body)
        arguments = [] if first is None else [first]
        named["context"] = {"lang": "en_US"}
        return self._rpc("object", "execute_kw", [self.database, self.uid, self.secret, model, method, arguments, named])

    @property
    def major(self) -> int:
        """The version's first number ("saas~18.2" is 18)."""
        found = re.search(r"[0-9]+", str(self.version[0])) if self.version else None
        return int(found[0]) if found else 0

    def _enter(self) -> None:
        """Find out the version, and who we are where the interface wants to know."""
        if not self.version:
            self.version = self._version()
        if self.major >= 19 or self.uid:
            return
        if not self.user:
            raise DomainError("connector_setting", name="user")
        self.uid = number(self._rpc("common", "authenticate", [self.database, self.user, self.secret, {}]))
        if not self.uid:
            raise self.api.error("connector_refused", status=401, detail=f"{self.user} @ {self.database}")

    def _version(self) -> list[Any]:
        found = self._rpc("common", "version", [], absent=())
        info = found.get("server_version_info") if isinstance(found, dict) else None
        if not info:  # JSON-RPC is gone from Odoo 22 on
            found = self.api.get("/web/version", absent=())
            info = found.get("version_info") if isinstance(found, dict) else None
        if not isinstance(info, list) or not info:
            raise self.api.error("connector_answer", detail="no Odoo at this address")
        return info

    def _rpc(self, service: str, method: str, arguments: list[Any], absent: Any = None) -> Any:
        params = {"service": service, "method": method, "args": arguments}
        found = self.api.post("/jsonrpc", {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}, absent=absent)
        if absent is not None and found is absent:
            return absent
        if not isinstance(found, dict):
            raise Odd("an object was expected")
        error = found.get("error")
        if error:  # arrives with status 200
            name = str((error.get("data") or {}).get("name") or "") if isinstance(error, dict) else ""
            refused = name.endswith(("AccessDenied", "AccessError", "SessionExpiredException"))
            sentence = said(error)
            if refused:
                raise self.api.error("connector_refused", status=403, detail=sentence)
            raise self.api.error("connector_answer", detail=sentence or name)
        return found.get("result")

    # ---- check ------------------------------------------------------------------------------------------------

    def _check(self) -> Health:
        companies = self._companies()
        company = self._company(companies)
        seen = number(self.call("account.move.line", "search_count", [*self._receivable(), *_of(company)]))
        if not seen:
            raise self.api.error("connector_refused", status=403, detail="account.move.line: 0")
        version = ".".join(str(part) for part in self.version[:2])
        names = tuple(text(one["name"]) for one in companies)
        return Health("Odoo", version, self.user, text(company["name"]), names)

    def _companies(self) -> list[Row]:
        return rows_of(self.call("res.company", "search_read", [], fields=["id", "name"], order="id asc", limit=200))

    def _company(self, companies: list[Row]) -> Row:
        """The company of the settings, by name or number; the only one when none is named."""
        wanted = text(self.settings.get("company"))
        if not wanted and len(companies) == 1:
            return companies[0]
        for one in companies:
            if wanted and wanted.casefold() in (text(one["name"]).casefold(), str(one["id"])):
                return one
        raise DomainError("connector_company", choices=", ".join(text(one["name"]) for one in companies)[:200])

    def _receivable(self) -> list[Any]:
        if not self.version:
            self._enter()
        account = ["account_id.account_type", "=", "asset_receivable"]
        if self.major < 16:
            account = ["account_id.internal_type", "=", "receivable"]
        return [account, ["parent_state", "=", "posted"]]

    # ---- pull -------------------------------------------------------------------------------------------------

    def _pull(self, since: Cursor, today: date) -> Pull:
        company = self._company(self._companies())
        seen_at = self.api.answered_at or f"{today} 00:00:00"
        mine = [*self._receivable(), *_of(company)]
        known = self._fields("account.move.line", _LINE)
        found = {number(one["id"]): one for one in self._rows("account.move.line", [*mine, ["reconciled", "=", False]], known)}
        if not found and not number(self.call("account.move.line", "search_count", mine)):
            raise self.api.error("connector_refused", status=403, detail="account.move.line: 0")
        settled = self._settled(company, str(since.get("seen") or ""), today)
        for domain in self._also(found, settled):
            for one in self._rows("account.move.line", [*mine, ["reconciled", "=", True], domain], known):
                found.setdefault(number(one["id"]), one)
        rows = [found[key] for key in sorted(found)]
        snapshot = open_list(self.name, *self._made(rows, settled), [], today)
        return Pull(snapshot, {"seen": seen_at}, requests=self.api.requests)

    def _also(self, found: dict[int, Row], settled: dict[int, date | None]) -> Iterator[list[Any]]:
        """What is read besides the open lines: instalments already paid of invoices still open (an invoice stays one
        and the same in every list), and what was settled since."""
        moves = Counter(_key(one["move_id"]) for one in found.values())
        for chunk in chunks(sorted(moves), PAGE):
            yield ["move_id", "in", chunk]
        for chunk in chunks(sorted(settled.keys() - found.keys()), PAGE):
            yield ["id", "in", chunk]

    def _settled(self, company: Row, seen: str, today: date) -> dict[int, date | None]:
        """Lines fully reconciled since the last pull (or in the window of history), with the day it happened: the
        latest of all that was matched."""
        if seen:
            start = datetime.strptime(seen, "%Y-%m-%d %H:%M:%S") - OVERLAP  # noqa: DTZ007 - the program's own clock, in UTC
            created = start.strftime("%Y-%m-%d %H:%M:%S")
        else:
            created = f"{self._since(today)} 00:00:00"
        domain = [["full_reconcile_id", "!=", False], ["create_date", ">=", created], *_of(company)]
        names = ("id", "debit_move_id", "credit_move_id", "full_reconcile_id", "max_date")
        groups: dict[int, date | None] = {}
        lines: dict[int, int] = {}
        for one in self._rows("account.partial.reconcile", domain, names):
            group, last = _key(one["full_reconcile_id"]), day(one["max_date"])
            before = groups.get(group)
            groups[group] = max(before, last) if before and last else before or last
            lines[_key(one["debit_move_id"])] = lines[_key(one["credit_move_id"])] = group
        return {line: groups[group] for line, group in lines.items()}

    def _rows(self, model: str, domain: list[Any], fields: tuple[str, ...]) -> Iterator[Row]:
        """All rows of a search in pages that each begin after the last id: what is added or removed meanwhile neither
        repeats nor skips a row."""
        last = 0
        count = 0
        while True:
            found = rows_of(
                self.call(model, "search_read", [*domain, ["id", ">", last]], fields=list(fields), order="id asc", limit=PAGE)
            )
            for one in found:
                if number(one["id"]) <= last:
                    raise Odd(f"{model}: pages out of order")
                last = number(one["id"])
                yield one
            count += len(found)
            if count > MAX_LINES:
                raise Odd(f"{model}: > {MAX_LINES}")
            if len(found) < PAGE:
                return

    def _fields(self, model: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the fields that this version has."""
        have = self.call(model, "fields_get", attributes=["type"])
        return tuple(name for name in wanted if name in have)

    # ---- their words into ours --------------------------------------------------------------------------------

    def _made(self, rows: list[Row], settled: dict[int, date | None]) -> tuple[list[LedgerLine], list[ThirdParty]]:
        ids = sorted({_key(one["partner_id"]) for one in rows if one["partner_id"]})
        fields = self._fields("res.partner", _PARTNER) if ids else ()
        partners: dict[int, Row] = {}
        for chunk in chunks(ids, PAGE):
            for one in rows_of(self.call("res.partner", "read", chunk, fields=list(fields))):
                partners[number(one["id"])] = one
        codes = _codes(partners)
        roles = self._journals() if rows else {}
        lines = [
            _line(one, place, codes, roles.get(_key(one["journal_id"]), ""), settled.get(number(one["id"])))
            for place, one in enumerate(rows, 1)
        ]
        return lines, [_party(codes[key], one) for key, one in partners.items()]

    def _journals(self) -> dict[int, str]:
        found = rows_of(self.call("account.journal", "search_read", [], fields=["id", "type"], limit=5000))
        return {number(one["id"]): _ROLES.get(text(one["type"]), "") for one in found}


def _of(company: Row) -> list[Any]:
    return [["company_id", "=", number(company["id"])]]


def _key(value: Any) -> int:
    """The number of a record another one points to: [number, name], a bare number, or false."""
    return number(value[0] if isinstance(value, list) and value else value)


def _shown(value: Any) -> str:
    return text(value[1]) if isinstance(value, list) and len(value) > 1 else ""


def _codes(partners: dict[int, Row]) -> dict[int, str]:
    """Customer codes: the partner's reference when it is nobody else's, else its number."""
    seen = Counter(text(one.get("ref")) for one in partners.values())
    return {key: text(one.get("ref")) if seen[text(one.get("ref"))] == 1 and one.get("ref") else str(key) for key, one in partners.items()}  # fmt: skip


def _line(one: Row, place: int, codes: dict[int, str], role: str, settled_on: date | None) -> LedgerLine:
    debit, credit, left = cents(one["debit"]), cents(one["credit"]), cents(one["amount_residual"])
    entry_on = day(one["date"])
    if entry_on is None:
        raise Odd("account.move.line without a date")
    account, _, account_name = _shown(one["account_id"]).partition(" ")
    partner = _key(one["partner_id"])
    name = _shown(one["partner_id"]) if partner else kinds.DIVERS
    number_ = text(one.get("move_name")) or _shown(one["move_id"])
    invoice = text(one.get("move_type")).startswith("out_") or role == "sales"
    label = text(one["name"]) or account_name
    currency, foreign = _shown(one["company_currency_id"]), _shown(one["currency_id"])
    abroad = foreign if foreign not in ("", currency) else ""
    return LedgerLine(
        place, codes.get(partner) or (str(partner) if partner else account), name, account, "", number_, entry_on,
        number_ if invoice else text(one["ref"]) or number_, day(one.get("invoice_date")) or entry_on,
        day(one["date_maturity"]) if debit - credit > 0 else None, label, debit, credit, text(one.get("matching_number")),
        settled_on if not left else None, kinds.line_kind(role, 0, debit - credit, label), currency or "EUR", abroad,
        cents(one["amount_currency"]) if abroad else 0, open_cents=left,
    )  # fmt: skip


def _party(code: str, one: Row) -> ThirdParty:
    terms = words.terms_of(_shown(one.get("property_payment_term_id"))) if one.get("property_payment_term_id") else None
    return ThirdParty(
        code,
        text(one["name"]),
        email=text(one.get("email")),
        phone=text(one.get("phone")) or text(one.get("mobile")),
        street=" ".join(filter(None, (text(one.get("street")), text(one.get("street2"))))),
        postcode=text(one.get("zip")),
        city=text(one.get("city")),
        country=text(one.get("country_code")),
        language=words.language_of(text(one.get("lang"))),
        vat_number=text(one.get("vat")),
        company_number=text(one.get("company_registry")),
        sales_rep=_shown(one.get("user_id")),
        terms_days=terms[0] if terms else None,
        terms_mode=terms[1] if terms else "",
        credit_limit_cents=cents(one.get("credit_limit")) or None,
    )
