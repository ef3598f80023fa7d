"""An Odoo as its documentation describes it: a few tables behind JSON-RPC (up to 21) and JSON-2 (from 19)."""

from __future__ import annotations

import operator
from typing import Any

from tests.integrations.remote import Answer, Asked

KEY = "an-api-key"
_COMPARE = {"=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "in": lambda one, some: one in some}


class OdooServer:
    """Tables of rows; only what the documentation describes is answered, anything else is an error."""

    def __init__(self, version: list[Any] | None = None) -> None:
        self.version = version or [18, 0, 0, "final", 0, ""]
        self.tables: dict[str, list[dict[str, Any]]] = {
            "res.company": [{"id": 1, "name": "Proef BV"}, {"id": 2, "name": "Autre SA"}],
            "account.journal": [{"id": 1, "type": "sale"}, {"id": 2, "type": "bank"}, {"id": 3, "type": "general"}],
            "account.move.line": [],
            "account.partial.reconcile": [],
            "res.partner": [],
        }
        self.calls: list[tuple[str, str]] = []

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "/web/version" and asked.method == "GET" and self.version[0] >= 19:
            return {"version_info": self.version, "version": f"{self.version[0]}.0"}
        if asked.path == "/jsonrpc" and self.version[0] < 22:
            return self._rpc(asked.body["params"])
        if asked.path.startswith("/json/2/") and self.version[0] >= 19:
            return self._json2(asked)
        return Answer({"error": "not found"}, 404)

    def _rpc(self, params: dict[str, Any]) -> dict[str, Any]:
        service, method, args = params["service"], params["method"], params["args"]
        if (service, method) == ("common", "version"):
            return self._result({"server_version": f"{self.version[0]}.0", "server_version_info": self.version})
        if (service, method) == ("common", "authenticate"):
            return self._result(7 if args[:3] == ["books", "robot", KEY] else False)
        assert (service, method) == ("object", "execute_kw")
        database, uid, key, model, verb, positional, named = args
        if (database, uid, key) != ("books", 7, KEY):
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Odoo Server Error",
                    "data": {"name": "odoo.exceptions.AccessDenied", "message": "Access Denied", "debug": "Traceback"}}}  # fmt: skip
        return self._result(self.run(model, verb, positional[0] if positional else None, named))

    @staticmethod
    def _result(value: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": 1, "result": value}

    def _json2(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != f"bearer {KEY}" or asked.headers.get("x-odoo-database") != "books":
            return Answer({"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey", "debug": "Traceback"}, 401)
        _, _, _, model, verb = asked.path.split("/")
        named = dict(asked.body)
        first = named.pop("ids" if verb == "read" else "domain", None)
        return self.run(model, verb, first, named)

    def run(self, model: str, verb: str, first: Any, named: dict[str, Any]) -> Any:
        """One method of one model."""
        self.calls.append((model, verb))
        rows = self.tables[model]
        if verb == "fields_get":
            return {name: {"type": "char"} for name in rows[0]} if rows else {}
        if verb == "read":
            found = [row for row in rows if row["id"] in first]
        else:
            found = sorted((row for row in rows if all(self._fits(row, *term) for term in first)), key=lambda row: row["id"])
        if verb == "search_count":
            return len(found)
        assert verb in ("search_read", "read"), verb
        return [{name: row.get(name, False) for name in {*named["fields"], "id"}} for row in found[: named.get("limit")]]

    @staticmethod
    def _fits(row: dict[str, Any], name: str, sign: str, wanted: Any) -> bool:
        value = row.get(name, False)
        if isinstance(value, list) and not (sign == "!=" and wanted is False):
            value = value[0]
        return bool(_COMPARE[sign](value, wanted))

    # ---- books ------------------------------------------------------------------------------------------------

    def partner(self, number: int, name: str, **fields: Any) -> None:
        """A partner; Odoo says false where nothing is."""
        blank = dict.fromkeys(
            ("ref", "email", "phone", "street", "street2", "zip", "city", "country_code", "vat", "lang"), False
        )
        terms = {"property_payment_term_id": False, "credit_limit": 0.0, "user_id": False, "company_registry": False}
        self.tables["res.partner"].append({"id": number, "name": name, **blank, **terms, **fields})

    def line(self, number: int, partner: int | bool, amount: float, left: float, **fields: Any) -> dict[str, Any]:
        """A posted line on the customers' account."""
        name = next((one["name"] for one in self.tables["res.partner"] if one["id"] == partner), "")
        row = {
            "id": number, "date": "2026-10-01", "invoice_date": "2026-09-30", "date_maturity": "2026-10-31",
            "debit": max(amount, 0.0), "credit": max(-amount, 0.0), "amount_currency": amount, "currency_id": [1, "EUR"],
            "company_currency_id": [1, "EUR"], "amount_residual": left, "reconciled": left == 0,
            "partner_id": [partner, name] if partner else False, "account_id": [40, "411100 Clients"],
            "journal_id": [1, "Ventes"], "move_id": [number, f"FAC/2026/{number:04d}"], "move_name": f"FAC/2026/{number:04d}",
            "move_type": "out_invoice" if amount > 0 else "out_refund", "ref": False, "name": f"FAC/2026/{number:04d}",
            "matching_number": False, "parent_state": "posted", "account_id.account_type": "asset_receivable",
            "account_id.internal_type": "receivable", "company_id": [1, "Proef BV"], **fields,
        }  # fmt: skip
        self.tables["account.move.line"].append(row)
        return row

    def match(self, debit: int, credit: int, max_date: str, created: str, full: int | bool = False) -> None:
        """A reconciliation between two lines; a full one settles both."""
        number = len(self.tables["account.partial.reconcile"]) + 1
        self.tables["account.partial.reconcile"].append(
            {"id": number, "debit_move_id": [debit, ""], "credit_move_id": [credit, ""], "max_date": max_date,
             "full_reconcile_id": [full, str(full)] if full else False, "create_date": created, "company_id": [1, "Proef BV"]}
        )  # fmt: skip
        for row in self.tables["account.move.line"]:
            if full and row["id"] in (debit, credit):
                row.update(amount_residual=0.0, reconciled=True, matching_number=str(full))
