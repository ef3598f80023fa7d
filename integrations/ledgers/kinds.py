"""What a line on a customer account is, from its journal and the other accounts of its entry."""

from __future__ import annotations

import re

from integrations.ledgers.dates import plain
from rules.ledger import Kind

CUSTOMER, SALES, BANK, BILLS, RESULT, EQUITY = 1, 2, 4, 8, 16, 32

DIVERS = "Divers"  # the name of a collective account, which stands for many customers

_OPENING_CODES = {"an", "ano", "anv", "ran", "anc", "ouv", "rep"}
_SALES_CODES = {"ve", "vt", "ven", "vte", "vent", "vtes", "vk", "fv", "fac", "sal", "sales"}
_BANK_CODES = {"bq", "bqe", "banq", "bk", "bnk", "ca", "cai", "cais", "cs", "tr", "treso", "enc", "reg", "ccp", "lcr"}
_OPENING = re.compile(r"nouveau|ouverture|opening|heropen|report a n")
_SALES = re.compile(r"\bvente|\bfactur|\bsales\b|verko[o]?p|\binvoic")
_BANK = re.compile(
    r"banque|bank|caisse|\bkas\b|cheque|\bchq|effet|tresorerie|encaisse|reglement|remise|\blcr\b|\bccp\b"
    r"|\bcredit (agricole|mutuel|lyonnais|du nord|coop)|societe generale|\bbnp\b|\bcic\b|\bcarte|paypal|stripe|especes"
)
_PURCHASES = re.compile(r"achat|fournisseur|purchas|aankop|leverancier|paie|paye|salair|analyt|annul")
_UNPAID = re.compile(r"impaye|impay\b|rejet|retour|unpaid|onbetaald|reject|storn|refus|sans provision|represent")
_BILLS = re.compile(r"effet|\blcr\b|traite|\bbor\b|billet")
_COLLECTIVE = re.compile(r"(les |comptes? )?(clients|creances?|klanten|handelsdebiteuren|customers)\b|client$")
_METHODS = {
    "vir": "transfer",
    "virement": "transfer",
    "vrt": "transfer",
    "prlv": "direct_debit",
    "prv": "direct_debit",
    "pre": "direct_debit",
    "prelevement": "direct_debit",
    "sdd": "direct_debit",
    "ch": "cheque",
    "chq": "cheque",
    "cheque": "cheque",
    "lcr": "bill",
    "traite": "bill",
    "effet": "bill",
    "bor": "bill",
    "bo": "bill",
    "cb": "card",
    "carte": "card",
    "es": "cash",
    "esp": "cash",
    "especes": "cash",
}


def account_flags(account: str) -> int:
    """What a counterpart account says about its entry (French chart; classes 1, 5, 6, 7 are the same in Belgium)."""
    if account.startswith("7"):
        return RESULT | SALES if account[1:2] not in ("6", "7", "8", "9") else RESULT
    if account.startswith("6"):
        return RESULT
    if account.startswith("4457"):
        return SALES
    if account.startswith("5"):
        return 0 if account.startswith("50") else BANK
    if account.startswith("413"):
        return BILLS
    return EQUITY if account.startswith("1") else 0


def journal_role(code: str, label: str) -> str:
    """ "opening", "sales", "bank", "bills" or "" from a journal's code and name."""
    short, name = plain(code).strip().rstrip("0123456789. "), plain(label)
    if _OPENING.search(name) or (short in _OPENING_CODES and not _PURCHASES.search(name)):
        return "opening"
    if _PURCHASES.search(name):
        return ""
    if _SALES.search(name) or short in _SALES_CODES:
        return "sales"
    if _BILLS.search(name):
        return "bills"
    return "bank" if _BANK.search(name) or short in _BANK_CODES else ""


def line_kind(role: str, flags: int, amount_cents: int, label: str) -> Kind:
    """The kind of a line: `flags` of all the accounts of its entry, `amount_cents` signed (debit − credit)."""
    if role == "opening":
        return Kind.OPENING
    if amount_cents >= 0:
        if flags & SALES or (role == "sales" and not flags & BANK):
            return Kind.INVOICE
        if (flags & BANK or role in ("bank", "bills")) and _UNPAID.search(plain(label)):
            return Kind.REJECTED
        return Kind.OTHER
    if flags & BANK or role in ("bank", "bills"):
        return Kind.PAYMENT
    return Kind.CREDIT_NOTE if flags & SALES or role == "sales" else Kind.OTHER


def payment_method(text: str) -> str:
    """Our name of a method of payment (ModeRglt or a column of a list); "" when unknown."""
    if not text:
        return ""
    word = re.split(r"[\s\-/]", plain(text).strip(), maxsplit=1)[0]
    return _METHODS.get(word, "")


def is_collective(account: str, label: str, prefixes: tuple[str, ...]) -> bool:
    """Whether an account without auxiliary stands for many customers: 411, 411000, or all digits and named "Clients"."""
    stem = account.rstrip("0")
    if not account.isdecimal():
        return False
    return len(stem) <= 3 or stem in prefixes or bool(_COLLECTIVE.match(plain(label).strip()))
