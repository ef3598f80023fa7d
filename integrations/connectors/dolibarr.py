"""Dolibarr (9 and later) → customer invoices that are unpaid today, and those paid since the last pull.

Interface: REST (`/api/index.php/…`, module "API REST", key of a user in the header DOLAPIKEY). Only GET is ever used.

A list of open items, not a journal: Dolibarr may run without its accounting module, and its invoices always say what
remains to be paid (`remaintopay`: total less payments, credit notes and deposits used). Credit notes turned into a
discount are paid for Dolibarr and still owed to the customer: they are read from the discounts of every customer who
has an open invoice. The user of the key must be allowed to see all customers, else Dolibarr shows only their own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, ClassVar

from integrations.connectors.base import Cursor, Health, Pull, required
from integrations.connectors.http import Api
from integrations.connectors.program import MAX_LINES, Program, rows_of
from integrations.connectors.values import Odd, cents, day, number, open_list, text
from integrations.ledgers import kinds, words
from rules.ledger import Kind, LedgerLine, ThirdParty
from rules.terms import Mode

PAGE = 100  # invoices are heavy: each is loaded whole on their side
MAX_SETTLED = 3000  # paid invoices whose payments are asked for, one request each
OVERLAP = timedelta(days=1)  # `tms` is in the database's time zone

_INVOICE = (
    "id,ref,ref_client,type,socid,date,date_lim_reglement,total_ttc,totalpaid,totalpaye,totalcreditnotes,totaldeposits,"
    "remaintopay,multicurrency_code,multicurrency_total_ttc,mode_reglement_code,statut,status"
)
_CUSTOMER = (
    "id,code_client,name,nom,email,phone,address,zip,town,country_code,tva_intra,idprof1,idprof2,default_lang,"
    "cond_reglement_code,mode_reglement_code,outstanding_limit"
)
_CREDIT_NOTE, _DEPOSIT = 2, 3
_TERMS = re.compile(r"([0-9]{1,3})D(ENDMONTH)?")

Row = dict[str, Any]


class Dolibarr(Program):
    """One entity of one Dolibarr."""

    name: ClassVar[str] = "dolibarr"

    def __init__(self, settings: Row, secret: str, sleep: Callable[[float], object] = time.sleep) -> None:
        self.settings = settings
        url = re.sub(r"/(?:api(?:/index\.php)?|index\.php)?/*$", "", required(settings, "url"))
        headers = {"DOLAPIKEY": secret}
        if entity := text(settings.get("entity")):
            headers["DOLAPIENTITY"] = entity
        self.api = Api(f"{url}/api/index.php", headers, ca=str(settings.get("ca") or ""), sleep=sleep)
        self.currency = text(settings.get("currency")).upper() or "EUR"

    def _check(self) -> Health:
        found = self.api.get("/status")
        version = text(found["success"].get("dolibarr_version")) if isinstance(found, dict) and "success" in found else ""
        if not version:
            raise self.api.error("connector_answer", detail="no Dolibarr at this address")
        self._refuse_nothing()
        return Health("Dolibarr", version)

    def _refuse_nothing(self) -> None:
        """A key that shows no invoice at all would make every debt look paid."""
        if not rows_of(self.api.get("/invoices", {"limit": 1, "sortfield": "t.rowid", "sortorder": "ASC"}, absent=[])):
            raise self.api.error("connector_refused", status=403, detail="invoices: 0")

    def _pull(self, since: Cursor, today: date) -> Pull:
        unpaid = list(self._rows("/invoices", _INVOICE, status="unpaid"))
        if not unpaid:
            self._refuse_nothing()
        start = date.fromisoformat(str(since["seen"])) - OVERLAP if since.get("seen") else self._since(today)
        paid = list(self._rows("/invoices", _INVOICE, f"(t.tms:>=:'{start:%Y%m%d}')", status="paid"))
        complete = len(paid) <= MAX_SETTLED
        paid = paid[-MAX_SETTLED:]
        settled = {number(one["id"]): self._paid_on(number(one["id"])) for one in paid}
        rows = sorted([*unpaid, *paid], key=lambda one: number(one["id"]))
        wanted = {number(one["socid"]) for one in rows}
        customers = {number(one["id"]): one for one in self._customers(wanted)}
        codes = {key: text(one.get("code_client")) or str(key) for key, one in customers.items()}
        lines = [self._line(one, place, customers, codes, settled) for place, one in enumerate(rows, 1)]
        for key in sorted({number(one["socid"]) for one in unpaid}):
            lines += self._credits(key, len(lines), customers, codes, today)
        parties = [_party(codes[key], one) for key, one in customers.items()]
        snapshot = open_list(self.name, lines, parties, [], today)
        return Pull(snapshot, {"seen": today.isoformat()}, complete, self.api.requests)

    def _rows(self, path: str, properties: str, narrower: str = "", **params: object) -> Iterator[Row]:
        """All rows of a list in pages that each begin after the last id. An empty list is answered with 404."""
        last = count = 0
        while True:
            filters = " and ".join(filter(None, (narrower, f"(t.rowid:>:{last})")))
            asked = {"sortfield": "t.rowid", "sortorder": "ASC", "limit": PAGE, "page": 0, "sqlfilters": filters}
            found = rows_of(self.api.get(path, {**asked, "properties": properties, **params}, absent=[]))
            for one in found:
                if number(one["id"]) <= last:
                    raise Odd(f"{path}: pages out of order")
                last = number(one["id"])
                yield one
            count += len(found)
            if count > MAX_LINES:
                raise Odd(f"{path}: > {MAX_LINES}")
            if len(found) < PAGE:
                return

    def _customers(self, wanted: set[int]) -> Iterator[Row]:
        """The customers met: one by one when they are few, else out of the whole list."""
        if len(wanted) <= PAGE:
            for key in sorted(wanted):
                found = self.api.get(f"/thirdparties/{key}")
                yield rows_of([found])[0]
            return
        seen = set()
        for one in self._rows("/thirdparties", _CUSTOMER):
            if number(one["id"]) in wanted:
                seen.add(number(one["id"]))
                yield one
        if missing := wanted - seen:
            raise self.api.error("connector_refused", status=403, detail=f"thirdparties/{min(missing)}")

    def _paid_on(self, invoice: int) -> date | None:
        """The day of the last payment of an invoice."""
        found = rows_of(self.api.get(f"/invoices/{invoice}/payments", absent=[]))
        return max((when for one in found if (when := day(one.get("date")))), default=None)

    def _credits(
        self, customer: int, place: int, customers: dict[int, Row], codes: dict[int, str], today: date
    ) -> Iterator[LedgerLine]:
        """Credits a customer may still use: credit notes and overpayments that were turned into discounts."""
        found = rows_of(self.api.get(f"/thirdparties/{customer}/fixedamountdiscounts", {"filter": "available"}, absent=[]))
        name = _name(customers[customer])
        for one in found:
            amount = cents(one["amount_ttc"])
            if not amount or not number(one.get("fk_facture_source")):
                continue  # a discount promised, which no invoice stands behind, is not owed
            place += 1
            yield LedgerLine(
                place, codes[customer], name, "", "", "", today, text(one.get("ref")) or f"R{number(one['rowid'])}",
                day(one.get("datec")) or today, None, text(one.get("description")), max(-amount, 0), max(amount, 0), "", None,
                Kind.CREDIT_NOTE, self.currency, open_cents=-amount,
            )  # fmt: skip

    def _line(
        self, one: Row, place: int, customers: dict[int, Row], codes: dict[int, str], settled: dict[int, date | None]
    ) -> LedgerLine:
        key, total = number(one["socid"]), cents(one["total_ttc"])
        issued = day(one["date"])
        if issued is None:
            raise Odd(f"invoice {text(one.get('ref'))} without a date")
        paid = number(one["id"]) in settled
        currency = text(one.get("multicurrency_code")).upper()
        abroad = currency if currency not in ("", self.currency) else ""
        credit = number(one["type"]) == _CREDIT_NOTE or total < 0
        return LedgerLine(
            place, codes[key], _name(customers[key]), "", "", text(one["ref"]), issued, text(one["ref"]), issued,
            day(one.get("date_lim_reglement")) if not credit else None, text(one.get("ref_client")), max(total, 0),
            max(-total, 0), "", settled.get(number(one["id"])), Kind.CREDIT_NOTE if credit else Kind.INVOICE, self.currency,
            abroad, cents(one.get("multicurrency_total_ttc")) if abroad else 0,
            kinds.payment_method(text(one.get("mode_reglement_code"))), open_cents=0 if paid else _left(one, total),
        )  # fmt: skip


def _left(one: Row, total: int) -> int:
    """What remains to be paid, computed where an older version does not say it."""
    if one.get("remaintopay") not in (None, ""):
        return cents(one["remaintopay"])
    paid = cents(one.get("totalpaid") or one.get("totalpaye"))
    return total - paid - cents(one.get("totalcreditnotes")) - cents(one.get("totaldeposits"))


def _name(customer: Row) -> str:
    return text(customer.get("name")) or text(customer.get("nom"))


def _party(code: str, one: Row) -> ThirdParty:
    terms = _TERMS.fullmatch(text(one.get("cond_reglement_code")).upper())
    at_once = text(one.get("cond_reglement_code")).upper() == "RECEP"
    mode = Mode.DAYS_MONTH_END if terms and terms[2] else Mode.NET
    return ThirdParty(
        code,
        _name(one),
        email=text(one.get("email")),
        phone=text(one.get("phone")),
        street=text(one.get("address")),
        postcode=text(one.get("zip")),
        city=text(one.get("town")),
        country=text(one.get("country_code")),
        language=words.language_of(text(one.get("default_lang"))),
        vat_number=text(one.get("tva_intra")),
        company_number=text(one.get("idprof2")) or text(one.get("idprof1")),
        method=kinds.payment_method(text(one.get("mode_reglement_code"))),
        terms_days=int(terms[1]) if terms else 0 if at_once else None,
        terms_mode=mode.value if terms or at_once else "",
        credit_limit_cents=cents(one.get("outstanding_limit")) or None,
    )
