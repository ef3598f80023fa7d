"""The demo companies' spreadsheets: third parties with all that is known of them, and a list of open items.

The same story gives the same bytes, the creation date inside the workbook included.

>>> from datetime import date
>>> from services.demo_story import Size, make_story
>>> open_items(make_story(Size(customers=3, years=1, on=date(2026, 11, 20), country="BE"))).decode().splitlines()[0].split(";")[2]
'Numéro de facture'
"""

from __future__ import annotations

import io
from datetime import date, datetime

import xlsxwriter

from rules.terms import Mode
from services.demo_story import Move, Party, Story, left_of

PROFILE_WORDS = {
    "key_account": "Grand compte", "sme": "PME", "sole_trader": "Indépendant", "consumer": "Particulier",
    "partner": "Partenaire", "public": "Public", "direct_debit": "Prélèvement", "bad_payer": "Mauvais payeur",
}  # fmt: skip
METHOD_WORDS = {"transfer": "Virement", "cheque": "Chèque", "card": "Carte", "direct_debit": "Prélèvement"}
TERMS_WORDS = {Mode.NET.value: "{} jours", Mode.DAYS_MONTH_END.value: "{} jours fin de mois"}
LEGAL_WORDS = {"business": "Entreprise", "consumer": "Particulier", "public": "Public"}
PARTY_HEAD = (
    "Code client", "Nom", "Interlocuteur", "E-mail", "Téléphone", "Adresse", "Code postal", "Ville", "Pays", "Langue", "Profil",
    "Type de client", "Commercial", "Mode de règlement", "Conditions de paiement", "Encours autorisé",
)  # fmt: skip
ITEM_HEAD = ("Code client", "Nom", "Numéro de facture", "Date de facture", "Date d'échéance", "Montant", "Solde")


def third_parties(story: Story) -> bytes:
    """A workbook with one row a customer."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    book.set_properties({"created": datetime(story.size.on.year, 1, 1)})
    sheet = book.add_worksheet("Tiers")
    for place, row in enumerate((PARTY_HEAD, *(_party_row(party) for party in story.parties))):
        sheet.write_row(place, 0, row)
    book.close()
    return made.getvalue()


def _party_row(party: Party) -> tuple[object, ...]:
    limit = party.credit_limit_cents
    return (
        party.code, party.name, party.contact, party.email, party.phone, party.street, party.postcode, party.city,
        party.country, party.language, PROFILE_WORDS[party.profile], LEGAL_WORDS[party.legal_type], party.sales_rep,
        METHOD_WORDS[party.method], TERMS_WORDS[party.terms.mode].format(party.terms.days),
        None if limit is None else limit / 100,
    )  # fmt: skip


def open_items(story: Story) -> bytes:
    """A semicolon list of what is open on the story's last day: what is left of each invoice, credits negative."""
    lines = [";".join(ITEM_HEAD)]
    for move, left in _left(story):
        party = story.parties[move.party]
        days = f"{_day(move.document_on)};{_day(move.due_on)}"
        lines.append(f"{party.code};{party.name};{move.piece};{days};{_euros(move.cents)};{_euros(left)}")
    return ("\r\n".join(lines) + "\r\n").encode()


def _left(story: Story) -> list[tuple[Move, int]]:
    """Open lines with what is left of them: within a group the credits reduce the debits, oldest first."""
    groups: dict[tuple[int, int], list[Move]] = {}
    for move in story.open_on(story.size.on):
        groups.setdefault((move.party, move.group), []).append(move)
    found = [one for group in groups.values() for one in left_of(group)]
    return sorted(found, key=lambda one: (one[0].day, one[0].piece))


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"
