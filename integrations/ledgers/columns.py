"""The words programs put above their columns, in French, Dutch, English and German → our fields.

A field is sure ("recognised") when the header is one of its names, to be checked when it only contains one of its
words or when the cells below do not look like it."""

from __future__ import annotations

import functools
import re

from integrations.ledgers.dates import plain

# field → exact names as `normalise` gives them, separated by semicolons, most telling first
_NAMES = {
    "customer": (
        "code client;n client;no client;numero client;num client;client n;id client;ref client;reference client;"
        "code tiers;tiers;compte tiers;compte client;compte auxiliaire;auxiliaire;code auxiliaire;compaux num;"
        "customer id;customer no;customer number;customer code;cust number;cust no;customer account;account no;"
        "account number;debtor number;debtor code;contact id;klantnummer;klantcode;klant nr;klantnr;debiteurnummer;"
        "debiteur nr;relatiecode;kundennummer;kunden nr;kundennr;debitor;debitorennummer;debitoren nr;reference ref;"
        "customer code customer;codetiers;idclient;partner id;partner ref"
    ),
    "name": (
        "nom;name;nom client;nom du client;client;raison sociale;denomination;societe;nom tiers;intitule tiers;"
        "intitule du tiers;intitule;libelle tiers;libelle compte;libellecompte;compaux lib;customer;customer name;"
        "name customer;company;company name;contact;partner;partenaire;debtor;debtor name;account name;klant;"
        "klantnaam;naam;naam klant;bedrijf;relatie;relatienaam;kunde;kundenname;firma;firmenname;vendor name;"
        "intitule du compte;intitule compte;nom name"
    ),
    "account": (
        "compte;n compte;no compte;numero compte;numero de compte;compte general;general;comptenum;compte num;"
        "compte comptable;gl account;general ledger account;ledger account;grootboekrekening;grootboek;rekening;"
        "sachkonto;konto"
    ),
    "account_name": "comptelib;compte lib;intitule general",
    "journal": ("journal;code journal;journalcode;journal code;jal;jnl;dagboek;dagboekcode;tagebuch;buchungskreis"),
    "entry": ("ecriture;n ecriture;ecriturenum;ecriture num;n mouvement;mouvement;entry;entry no;boekstuk;voucher no"),
    "entry_on": (
        "date ecriture;ecrituredate;ecriture date;date comptable;date de comptabilisation;posting date;entry date;"
        "accounting date;boekdatum;buchungsdatum;datecompta"
    ),
    "document_on": (
        "date facture;date de facture;date de la facture;date piece;date de piece;piecedate;date document;date;"
        "date d emission;date emission;invoice date;document date;bill date;transaction date;issue date;factuurdatum;"
        "datum;documentdatum;rechnungsdatum;belegdatum;belegdat;invoice bill date;created on;date operation"
    ),
    "due_on": (
        "echeance;date echeance;date d echeance;dateecheance;date ech;date d ech;due date;duedate;due;maturity;"
        "due in date;date due;date de paiement prevue;maturity date;payment due date;vervaldatum;vervaldag;"
        "faelligkeit;falligkeit;faelligkeitsdatum;falligkeitsdatum;faellig am;fallig am;netto faellig"
    ),
    "piece": (
        "n facture;no facture;numero facture;numero de facture;num facture;facture;n piece;no piece;numero piece;"
        "numero de piece;piece;piece 1;pieceref;piece ref;ref piece;reference piece;reference;ref;n document;document;"
        "invoice;invoice number;invoice no;invoice id;invoicenumber;inv no;num;number;no;doc id;document number;"
        "document no;doc no;transaction number;factuurnummer;factuur;factuurnr;factuur nr;documentnummer;docnr;"
        "rechnungsnummer;rechnung;rechnungsnr;rechnung nr;belegnummer;beleg;belegnr;invoicenr;no de piece;piece no"
    ),
    "label": (
        "libelle;libelle ecriture;ecriturelib;ecriture lib;libelle de l ecriture;description;designation;label;memo;"
        "memo description;narrative;details;omschrijving;mededeling;bezeichnung;buchungstext;text;objet;commentaire"
    ),
    "debit": ("debit;montant debit;debit amount;debit eur;debet;soll;debit deb n;debit debn;debit euro"),
    "credit": ("credit;montant credit;credit amount;credit eur;haben;credit cre n;credit cred n;credit credn;credit euro"),
    "amount": (
        "montant;montant ttc;total ttc;ttc;montant facture;montant total;montant initial;montant d origine;"
        "montant origine;montant eur;amount;total;invoice amount;invoice total;original amount;total amount;gross;"
        "gross amount;amount incl vat;total incl vat;bedrag;factuurbedrag;totaal;bedrag incl btw;betrag;brutto;"
        "bruttobetrag;rechnungsbetrag;amount eur;total amount incl tax;montant de la facture;converted usd;"
        "total open amount"
    ),
    "side": ("sens;d c;dc;debit credit;d c indicator;type d c;s h;soll haben;debet credit"),
    "open_amount": (
        "solde;solde du;solde ouvert;reste du;reste a payer;restant du;reste a regler;montant du;montant restant;"
        "montant restant du;montant ouvert;reste a encaisser;net a payer;impaye;encours;open balance;open amount;"
        "balance;balance due;amount due;outstanding;outstanding amount;amount outstanding;remaining;residual;"
        "amount residual;unpaid;remaining amount;openstaand;openstaand bedrag;saldo;open bedrag;nog te betalen;"
        "te betalen;offen;offener betrag;offener posten;offene posten;restbetrag;solde balance n;solde balancen"
    ),
    "paid": (
        "regle;montant regle;deja regle;paye;montant paye;acompte;encaisse;paid;amount paid;paid amount;settled;"
        "payments;betaald;betaald bedrag;bezahlt;gezahlt"
    ),
    "settled_on": (
        "date reglement;date de reglement;date paiement;date de paiement;clear date;settled date;settleddate;"
        "payment date;paid on;date paid;betaaldatum;betaald op;zahlungsdatum;bezahlt am;cleared on"
    ),
    "status": ("statut;etat;status;payment status;invoice status;statut paiement;etat de paiement;zahlungsstatus"),
    "type": (
        "type;type de piece;type piece;type document;nature;transaction type;document type;doc type;type de document;"
        "invoice type;soort;documenttype;belegart;art"
    ),
    "letter": ("lettrage;lettre;code lettrage;codelettrage;ecriturelet;let;l;lettering;reconciliation;matching;afpunting"),
    "lettered_on": ("date lettrage;date de lettrage;datelet;matching date"),
    "currency": ("devise;code devise;monnaie;currency;currency code;curr;ccy;munt;valuta;munteenheid;wahrung;waehrung"),
    "method": (
        "mode de reglement;mode reglement;moyen de paiement;mode de paiement;mode paiement;payment method;"
        "method of payment;betaalwijze;betaalmethode;zahlungsart;zahlungsweise"
    ),
    "late_0": ("non echu;a echoir;current;not due;not yet due;niet vervallen;nicht fallig;nicht faellig;en cours"),
    "late_1": ("1 30;0 30;1 30 jours;0 30 jours;1 month lt;lt 1 month;1 30 days;0 30 days;1 30 dagen;1 30 tage"),
    "late_31": ("31 60;30 60;31 60 jours;30 60 jours;1 month;31 60 days;31 60 dagen;31 60 tage"),
    "late_61": ("61 90;60 90;61 90 jours;60 90 jours;2 months;61 90 days;61 90 dagen;61 90 tage"),
    "late_91": (
        "91 and over;over 90;90;gt 90;91;91 120;90 120;91 jours;90 jours;plus de 90;plus de 90 jours;3 months;"
        "91 days;more than 90;91 dagen;91 tage;91 over;91 et plus"
    ),
    "late_121": ("older;over 120;120;gt 120;plus de 120;plus de 120 jours;121 and over;121 et plus;ouder;alter"),
    "email": (
        "email;e mail;mail;courriel;adresse e mail;adresse email;adresse mail;email address;e mail address;"
        "e mailadres;emailadres;e mail adresse;contact email;mail comptabilite"
    ),
    "phone": ("telephone;tel;tel fixe;mobile;portable;gsm;phone;phone number;telefoon;telefoonnummer;telefon;telefonnummer"),
    "street": ("adresse;adresse 1;adresse1;rue;address;street;address 1;address line 1;straat;adres;strasse;anschrift"),
    "postcode": ("code postal;cp;postcode;postal code;zip;zip code;postnummer;plz;postleitzahl"),
    "city": ("ville;localite;commune;city;town;plaats;gemeente;stad;ort;stadt"),
    "country": ("pays;code pays;country;country code;countrycode;land;landcode"),
    "language": ("langue;code langue;language;taal;sprache"),
    "vat_number": (
        "tva;n tva;no tva;numero tva;numero de tva;tva intracom;tva intracommunautaire;n tva intracommunautaire;"
        "vat;vat number;vat no;tax id;tax number;btw;btw nummer;btw nr;ust id;ustid;ust idnr;mwst nummer"
    ),
    "company_number": (
        "siren;siret;n siren;n siret;bce;n bce;numero d entreprise;n entreprise;company number;registration number;"
        "kbo;kbo nummer;ondernemingsnummer;handelsregister;rcs"
    ),
    "contact_name": (
        "nom contact;nom du contact;interlocuteur;contact comptabilite;contact name;contact person;contactpersoon;"
        "ansprechpartner;prenom nom"
    ),
    "profile": ("profil;profil de relance;categorie;famille;famille client;segment;profile;category;customer group;profiel"),
    "sales_rep": (
        "commercial;representant;vendeur;charge de clientele;charge d affaires;sales rep;sales representative;"
        "salesperson;salesman;account manager;accountmanager;vertegenwoordiger;verkoper;vertreter;verkaufer"
    ),
    "terms": (
        "delai;delai de paiement;delai de reglement;conditions;conditions de paiement;conditions de reglement;terms;"
        "payment terms;cust payment terms;jours;betalingstermijn;betaaltermijn;betalingsvoorwaarden;zahlungsziel;"
        "zahlungsbedingungen;credit terms;payment term"
    ),
    "credit_limit": (
        "plafond;plafond de credit;plafond d encours;encours autorise;encours maximum;limite de credit;credit limit;"
        "kredietlimiet;kreditlimit"
    ),
    "legal_type": ("forme juridique;type de client;type client;legal form;legal type;rechtsvorm;rechtsform"),
}

NAMES: dict[str, tuple[str, ...]] = {field: tuple(names.split(";")) for field, names in _NAMES.items()}

# Words inside a header that make it likely, never sure.
HINTS: tuple[tuple[str, str], ...] = (
    (r"echeance|\bech\b|due|verval|fallig|faellig", "due_on"),
    (r"date.*fact|fact.*date|invoice.*date|factuurdat|rechnungsdat", "document_on"),
    (r"lettr", "letter"),
    (r"e ?mail|courriel", "email"),
    (r"\btel\b|phone|telefo", "phone"),
    (r"reste|restant|outstanding|open ?staand|\bsolde\b|balance|offen", "open_amount"),
    (r"date.*(regl|paie)|(pay|settle|clear).*date|betaal.*dat", "settled_on"),
    (r"\b(n|no|num|numero|nr|number)\b.*(fact|invoice|piece|doc)|(fact|invoice|rechnung).*\b(n|no|nr|num|id)\b", "piece"),
    (r"\b(n|no|num|code|id|nr|number)\b.*(client|customer|klant|kund|tiers|debit)", "customer"),
    (r"(client|customer|klant|kund|tiers).*\b(n|no|num|code|id|nr|number)\b", "customer"),
    (r"client|customer|klant|kund|raison|debtor|debiteur|partner", "name"),
    (r"\bdebit", "debit"),
    (r"\bcredit\b", "credit"),
    (r"montant|amount|bedrag|betrag|\bttc\b", "amount"),
    (r"libelle|descript|omschrij", "label"),
    (r"\bdate\b|datum", "document_on"),
)

DATES = ("document_on", "due_on", "entry_on", "settled_on", "lettered_on")
BUCKETS = {"late_0": 0, "late_1": 1, "late_31": 31, "late_61": 61, "late_91": 91, "late_121": 121}
AMOUNTS = ("debit", "credit", "amount", "open_amount", "paid", "credit_limit", *BUCKETS)
PARTY = (
    "email",
    "phone",
    "street",
    "postcode",
    "city",
    "country",
    "language",
    "vat_number",
    "company_number",
    "contact_name",
    "profile",
    "sales_rep",
    "terms",
    "credit_limit",
    "legal_type",
)
FIELDS = tuple(name for name in NAMES if name != "account_name")

# What must be mapped, by kind: one field of each group.
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "open_items": (("customer", "name", "account"), ("amount", "open_amount", "debit", "credit", *BUCKETS)),
    "journal": (("customer", "name", "account"), ("entry_on", "document_on"), ("debit", "credit", "amount")),
    "third_parties": (("customer", "name"), ("name", *PARTY)),
}

_EXACT = {name: (field, rank) for field, names in NAMES.items() for rank, name in enumerate(names)}
_HINTS = tuple((re.compile(pattern), field) for pattern, field in HINTS)


@functools.lru_cache(4096)
def normalise(header: str) -> str:
    """A header as the vocabulary writes it: "Référence (Ref)" → "reference ref", "DueDate" → "due date"."""
    text = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", header.strip().replace("<", " lt ").replace(">", " gt "))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain(text).replace("°", " ")).split())


def candidates(header: str) -> list[tuple[int, str]]:
    """Fields a header may be, best first, as (penalty, field): below 100 it is one of the field's names."""
    found: list[tuple[int, str]] = []
    spoken = normalise(header)
    for text, penalty in ((spoken, 0), (spoken.replace(" ", ""), 1), (normalise(header.split("(")[0]), 60)):
        if text in _EXACT:
            field, rank = _EXACT[text]
            found.append((min(penalty + rank, 94), field))
    # A bare "Client" or "Customer" is a name, unless another column is: then it is the code.
    if spoken in ("client", "customer", "klant", "kunde", "debtor", "contact", "partner", "tiers", "societe"):
        found.append((95, "customer" if spoken != "tiers" else "name"))
    found += [(100 + order, field) for order, (pattern, field) in enumerate(_HINTS) if pattern.search(spoken)]
    return sorted(found)


def known_word(header: str) -> bool:
    """Whether a header is exactly one of the vocabulary's names."""
    found = candidates(header)
    return bool(found) and found[0][0] < 95
