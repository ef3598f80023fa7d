"""Words inside the cells of a spreadsheet → our values: kinds of document, states, terms, languages, countries."""

from __future__ import annotations

import re

from integrations.ledgers.dates import plain
from rules.ledger import Kind
from rules.terms import Mode

_KINDS = (
    (re.compile(r"avoir|credit|gutschrift|\bav\b|\bcn\b|refund"), Kind.CREDIT_NOTE),
    (re.compile(r"regl|pa[iy]e?ment|betaling|zahlung|virement|acompte|encaiss|\bpmt\b|cheque|deposit|voorschot"), Kind.PAYMENT),
    (re.compile(r"impaye|rejet|rejected"), Kind.REJECTED),
    (re.compile(r"nouveau|opening|ouverture|begin|eroffnung"), Kind.OPENING),
    (re.compile(r"fact|invoice|rechnung|\bfa\b|\binv\b|debit note"), Kind.INVOICE),
)
_PARTLY = re.compile(r"part|acompte|deels|teilw|gedeeltelijk")
_UNPAID = re.compile(r"non|not|im?pay|un|open|outstanding|overdue|due|echu|attente|offen|retard|niet|onbetaald|nicht")
_PAID = re.compile(r"pa[iy](e|d)|sold|regl|betaald|bezahlt|cleared|closed|settled|acquitt|lettr|encaiss")
_TENTH = re.compile(r"(le|the|au|am|de)\s*(10|dix)\b|\b10 du mois")
_MONTH_END = re.compile(
    r"fin de mois|fin mois|\bfdm\b|\beom\b|end of (the )?month|month end|monatsende|einde (van de )?maand|einde maand"
)
_AT_ONCE = re.compile(r"comptant|reception|due on receipt|immediate|contant|sofort|cash|upon receipt|a la livraison")
_LANGUAGES = {
    "fr": ("francais", "french", "frans", "franzosisch", "fra", "fre"),
    "nl": ("neerlandais", "dutch", "nederlands", "niederlandisch", "nld", "dut", "ned"),
    "en": ("anglais", "english", "engels", "englisch", "eng"),
    "de": ("allemand", "german", "duits", "deutsch", "deu", "ger"),
}
_COUNTRIES = {
    "FR": ("france", "frankrijk", "frankreich", "fra"),
    "BE": ("belgique", "belgium", "belgie", "belgien", "bel"),
    "LU": ("luxembourg", "luxemburg", "lux"),
    "NL": ("pays-bas", "pays bas", "netherlands", "nederland", "niederlande", "nld"),
    "DE": ("allemagne", "germany", "duitsland", "deutschland", "deu"),
    "CH": ("suisse", "switzerland", "zwitserland", "schweiz", "che"),
    "ES": ("espagne", "spain", "spanje", "spanien", "esp"),
    "IT": ("italie", "italy", "italien", "ita"),
    "GB": ("royaume-uni", "royaume uni", "united kingdom", "verenigd koninkrijk", "gbr", "uk", "angleterre"),
}


_CONSUMER = re.compile(
    r"(clients? )?(particuliers?|prives?|private( person)?|consumers?|consommateurs?|consument|consumenten|verbraucher|"
    r"privat(person)?|b2c|btoc|menages?)"
)
_PUBLIC = re.compile(
    r"\b(public|publique|publics|publiques|collectivites?|communes?|mairie|ville de|administration|etat|overheid|gemeente|openbaar|"
    r"oeffentlich|offentlich|hopital|chu|ccas|epci|b2g)\b"
)
_BUSINESS = re.compile(
    r"\b(entreprises?|societes?|professionnels?|pro|business|company|companies|onderneming|bedrijf|unternehmen|firma|b2b|btob|"
    r"independants?|artisans?|auto-?entrepreneurs?|micro-?entreprises?|associations?|asbl|vzw|ei|eirl|eurl|sarl|sasu?|sa|sci|snc|scop|"
    r"srl|sprl|bvba|bv|nv|vof|gmbh|ag|kg|ug|ltd|inc|selarl|gie|gaec|earl)\b"
)


def legal_type_of(text: str) -> str:
    """business, consumer or public from a word or a legal form; "" when it says nothing we know."""
    spoken = plain(text).strip().replace(".", "")
    if _CONSUMER.fullmatch(spoken):
        return "consumer"
    if _PUBLIC.search(spoken):
        return "public"
    return "business" if _BUSINESS.search(spoken) else ""


def kind_of_type(text: str) -> Kind | None:
    """The kind a "type" cell names, None when it says nothing we know."""
    if not text:
        return None
    spoken = plain(text)
    return next((kind for pattern, kind in _KINDS if pattern.search(spoken)), None)


def state_of(text: str) -> str:
    """ "paid", "part" or "" (open or unknown) from a status cell."""
    if not text:
        return ""
    spoken = plain(text)
    if _PARTLY.search(spoken):
        return "part"
    return "paid" if _PAID.search(spoken) and not _UNPAID.match(spoken) else ""


def terms_of(text: str) -> tuple[int, str] | None:
    """Days and `rules.terms.Mode` of payment terms ("Net 30", "45 jours fin de mois", "30 j FDM le 10"); None = unknown."""
    spoken = plain(text).strip()
    if _AT_ONCE.search(spoken) and not re.search(r"[0-9]", spoken):
        return 0, Mode.NET.value
    numbers = [int(number) for number in re.findall(r"[0-9]+", spoken)]
    if not numbers or numbers[0] > 365 or not re.fullmatch(r"(net|a|in|op)?\s*[0-9]+(?![0-9]).*", spoken):
        return None
    if not _MONTH_END.search(spoken):
        known = re.fullmatch(
            r"(net|a|in|op)?\s*[0-9]+\s*(j|jours?|days?|d|dagen|tage|net|jrs)?\s*(net|date.*|netto)?\.?", spoken
        )
        return (numbers[0], Mode.NET.value) if known else None
    if _TENTH.search(spoken):
        return numbers[0], Mode.DAYS_MONTH_END_TENTH.value
    after = re.search(r"(fin de mois|end of month|fdm|eom)\s*\+?\s*[0-9]+", spoken)
    return numbers[0], (Mode.MONTH_END_DAYS if after else Mode.DAYS_MONTH_END).value


def language_of(text: str) -> str:
    """Two letters of a language written out or coded; "" when unknown."""
    spoken = plain(text).strip()
    if spoken[:2] in _LANGUAGES and (len(spoken) == 2 or spoken[2:3] in "-_"):
        return spoken[:2]
    return next((code for code, names in _LANGUAGES.items() if spoken in names), "")


def country_of(text: str) -> str:
    """Two letters of a country written out or coded; the text itself when unknown."""
    spoken = plain(text).strip()
    if len(spoken) == 2 and spoken.isalpha() and spoken != "uk":
        return spoken.upper()
    return next((code for code, names in _COUNTRIES.items() if spoken in names), text)
