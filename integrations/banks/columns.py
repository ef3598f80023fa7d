"""The words banks put above the columns of their lists, in French, Dutch, English and German → our fields."""

from __future__ import annotations

from integrations.ledgers.columns import candidates, normalise

FIELDS = (
    "entry_on",
    "value_on",
    "label",
    "more",
    "name",
    "iban",
    "amount",
    "debit",
    "credit",
    "side",
    "balance",
    "reference",
    "currency",
    "own_account",
)
"""entry_on the booking day, more a second text, iban the other side's account, own_account ours."""

REQUIRED = (("entry_on",), ("amount", "debit", "credit"))

_NAMES = {
    "entry_on": (
        "date;date operation;date d operation;date de l operation;date comptable;date comptabilisation;date de comptabilisation;"
        "date ecriture;date transaction;date de transaction;date de la transaction;date mouvement;jour;operation date;"
        "transaction date;posting date;booking date;booked;execution date;date d execution;date execution;"
        "boekdatum;boekingsdatum;datum;uitvoeringsdatum;datum verrichting;transactiedatum;buchungstag;buchungsdatum;buchung"
    ),
    "value_on": "date valeur;date de valeur;valeur;value date;valuta;valutadatum;value;wertstellung;valutatag;rentedatum",
    "label": (
        "libelle;libelle operation;libelle de l operation;libelle complet;libelle simplifie;designation;description;intitule;label;"
        "operation;nature de l operation;details;detail;detail de l operation;communication;mededeling;omschrijving;"
        "verwendungszweck;buchungstext;memo;narrative;transaction details;payment details;libelle mouvement;transaction"
    ),
    "more": (
        "informations complementaires;information complementaire;libelle 2;libelle complementaire;complement;reste du libelle;"
        "motif;communication libre;free communication;vrije mededeling;details de la transaction;detail 2;"
        "additional information;omschrijving 2;notes;note;commentaire;commentaires"
    ),
    "name": (
        "nom;name;contrepartie;nom contrepartie;nom de la contrepartie;nom contrepartie contient;counterparty;counterparty name;"
        "tiers;nom du tiers;beneficiaire;donneur d ordre;emetteur;partner name;partner;payee;payer;payer name;naam;"
        "naam tegenpartij;tegenpartij;naam van de tegenpartij;auftraggeber;beguenstigter zahlungspflichtiger;"
        "beguenstigter;auftraggeber empfaenger;zahlungspflichtiger;name zahlungsbeteiligter"
    ),
    "iban": (
        "iban;compte contrepartie;compte de la contrepartie;numero de compte contrepartie;compte beneficiaire;iban contrepartie;"
        "counterparty account;counterparty iban;counterparty account number;bank account;partner bank account;"
        "rekening tegenpartij;tegenrekening;rekeningnummer tegenpartij;iban tegenpartij;iban zahlungsbeteiligter;"
        "kontonummer iban;partner iban;tegenpartij rekening"
    ),
    "amount": (
        "montant;montant operation;montant de l operation;montant eur;montant en eur;montant euros;montant en euros;amount;"
        "amount eur;transaction amount;bedrag;bedrag eur;betrag;betrag eur;umsatz;valeur montant;somme"
    ),
    "debit": "debit;debit euros;debit eur;debit euro;montant debit;debits;depenses;money out;paid out;withdrawal;af;soll;uit",
    "credit": "credit;credit euros;credit eur;credit euro;montant credit;credits;recettes;money in;paid in;deposit;bij;haben;in",
    "side": "sens;d c;dc;debit credit;c d;af bij;type d c;s h;soll haben;debit ou credit;credit debit;drcr;cr dr",
    "balance": (
        "solde;solde apres operation;solde progressif;solde courant;nouveau solde;solde eur;solde euros;balance;running balance;"
        "account balance;balance after;saldo;saldo na verrichting;saldo na transactie;saldo na mutatie;kontostand;"
        "saldo nach buchung;solde du compte;solde comptable"
    ),
    "reference": (
        "reference;reference operation;reference de l operation;n operation;numero operation;ref;numero de mouvement;"
        "end to end;endtoendid;end to end id;transaction id;transaction reference;bank reference;reference bancaire;id;"
        "referentie;kenmerk;kundenreferenz;kundenreferenz end to end;numero de l operation;communication structuree;"
        "structured communication;gestructureerde mededeling;cheque;numero cheque;n cheque"
    ),
    "currency": "devise;monnaie;currency;munt;waehrung;wahrung;muntsoort;devise du compte;ccy;code devise;deviezen",
    "own_account": (
        "compte;numero de compte;n compte;n de compte;no compte;account;account number;account no;rekening;rekeningnummer;"
        "konto;kontonummer;auftragskonto;iban compte;iban auftragskonto;votre compte;mon compte;compte iban;iban bban;libelle compte"
    ),
}

_EXACT = {name: (field, rank) for field, names in _NAMES.items() for rank, name in enumerate(names.split(";"))}

# Fields of ledgers that no bank list has: a table with one of them is not a bank's.
_LEDGER_ONLY = frozenset(
    ("due_on", "letter", "lettered_on", "journal", "customer", "entry", "terms", "vat_number", "email", "settled_on", "status")
)


def field_of(header: str) -> tuple[str, int]:
    """The field a header names and its rank among the field's names; ("", 0) when it is none of them."""
    spoken = normalise(header)
    return _EXACT.get(spoken) or _EXACT.get(normalise(header.split("(")[0])) or ("", 0)


def of_a_ledger(header: str) -> bool:
    """Whether a header is one only ledgers have (due date, matching letter, journal, customer code …)."""
    if field_of(header)[0]:
        return False
    found = candidates(header)
    return bool(found) and found[0][0] < 95 and found[0][1] in _LEDGER_ONLY
