"""Names, addresses and contacts of the demo companies' customers: believable, French and Belgian, and of nobody.

Family and place names are made up; telephone numbers lie in the ranges kept for fiction (France) or cannot be dialled
(Belgium: a subscriber's number never starts with 0); e-mail domains end in `.example`.

>>> from services.demo_names import Namer, dice
>>> place = Namer("FR").place(dice("here"))
>>> Namer("FR").business(dice("a", 1), place) == Namer("FR").business(dice("a", 1), place)
True
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

TRADES = (
    "Menuiserie", "Imprimerie", "Boulangerie", "Garage", "Transports", "Librairie", "Pépinières", "Brasserie", "Fonderie",
    "Laboratoire", "Conserverie", "Laiterie", "Chaudronnerie", "Serrurerie", "Charpentes", "Plâtrerie", "Électricité",
    "Cartonnages", "Emballages", "Papeterie", "Chocolaterie", "Biscuiterie", "Torréfaction", "Vergers", "Serres",
    "Tissages", "Filature", "Teinturerie", "Mobilier", "Ébénisterie", "Verrerie", "Céramiques", "Carrelages", "Toitures",
    "Logistique", "Messagerie", "Moulins", "Meunerie", "Semences", "Salaisons", "Primeurs", "Mareyage", "Distillerie",
    "Parfumerie", "Savonnerie", "Cosmétiques", "Luminaires", "Outillage", "Mécanique", "Usinage", "Plasturgie", "Négoce",
)  # fmt: skip
PREFIXES = ("Établissements", "Maison", "Ateliers", "Comptoir", "Groupe", "Société", "Entreprise", "Cabinet", "Domaine")
FAMILIES = (
    "Cordevaux", "Brissalet", "Lestrameau", "Tournebois", "Vandelbrocq", "Hautecourbe", "Delmarquette", "Ferrandelle",
    "Castelmonge", "Roumegoust", "Passelande", "Vermelinck", "Decroixel", "Lamourelle", "Bertanguy", "Quesnoyelle",
    "Sauvetterre", "Malbranchard", "Guillemette-Roy", "Pontavesne", "Delacombrie", "Hennebique-Lys", "Fontebrune",
    "Lestocquart", "Marcillange", "Vauquelier", "Bourdessoule", "Chantereine", "Dampervielle", "Escoffroy", "Fromantelle",
    "Galmichot", "Hurtevange", "Jolimetz", "Kermoalec", "Landouzat", "Mirambelle", "Nantillois", "Orgevillier",
    "Peyrefort", "Rabastel", "Sancergues", "Trouvillet", "Urbancourt", "Valdemar", "Wambrequin", "Yvernault", "Zellerin",
    "Ambricourt", "Bellaventure", "Carnoyelle", "Delestrez", "Espinasson", "Flahautier", "Grandsire", "Houdelaine",
    "Inglebert", "Jacquelain", "Lombardel", "Moncheaux-Roux", "Noirevaux", "Ollivrance", "Pruvostel", "Querelle-Dumont",
    "Ravenelot", "Senlecque", "Thierrache", "Vasseurelle", "Waterlin", "Allongier", "Beaucornet", "Clairefond",
    "Desmaretz-Lin", "Estaminois", "Fauquembert", "Gravelin", "Haubourdel", "Isbergeon", "Lillersot", "Maroillon",
)  # fmt: skip
BELGIAN_FAMILIES = (
    "Van Daelenbeek", "De Wintervelde", "Vermeerschot", "Claessenaar", "Dewaelkens", "Lambrechtsen", "Van Hoorebroeck",
    "Peetersveld", "Wautersheim", "Goossenaerts", "Delvauxhe", "Hendrickxen", "Mertensdael", "Van Crombruggen",
    "Desmedtere", "Thysebaertman", "Collignonval", "Bastinelle", "Lejeunois", "Dupontavelle", "Marchalette", "Ghislainval",
)  # fmt: skip
BELGIAN_TRADES = (
    "Brouwerij", "Drukkerij", "Schrijnwerkerij", "Brasserie", "Imprimerie", "Menuiserie", "Verpakkingen", "Transport",
    "Emballages", "Chocolaterie", "Groothandel", "Papeterie", "Logistics", "Meubelen",
)  # fmt: skip
PLACES = (
    "du Vieux Moulin", "des Trois Fontaines", "de la Lys", "du Mont Noir", "des Deux Caps", "du Grand Pré", "de l'Écluse",
    "des Tilleuls", "du Beffroi", "de la Tortue", "des Remparts", "du Marais", "de la Sensée", "des Peupliers",
    "du Petit Pont", "de la Plaine", "des Coquelicots", "du Port", "de l'Abbaye", "des Sablons", "du Canal", "de Saint-Aubry",
    "des Quatre Vents", "du Bois Joli", "de la Courtille", "des Houblons", "du Vert Galant", "de la Chênaie",
    "des Ardoises", "du Levant", "de la Vallée d'Orne-Lys", "des Hauts de Sorne", "du Cygne", "de la Licorne", "des Merles",
    "du Lion d'Or", "de la Belle Étoile", "des Glycines", "du Clos Marin", "de la Roseraie",
)  # fmt: skip
PUBLIC = (
    "Commune de Saint-Aubry-sur-Lys", "Commune de Vieux-Sorneville", "Commune de Haute-Courtille", "Lycée Élise-Cordevaux",
    "Collège des Deux-Rives", "Centre hospitalier du Val de Sorne", "Communauté de communes du Pays de Sorne",
    "Médiathèque des Trois-Moulins", "Crèche municipale Les Coquelicots", "Office de tourisme du Bréhautois",
    "École d'arts appliqués de la Lys", "Résidence Les Glycines", "Syndicat des eaux de la Courtille",
    "Musée de la Dentelle du Val", "Service départemental des routes de Sorne", "Université de la Haute-Lys",
    "Conservatoire du Grand Pré", "Maison de retraite Le Beffroi", "Piscine intercommunale des Sablons",
)  # fmt: skip
FIRST_NAMES = (
    "Camille", "Nadia", "Julien", "Sophie", "Karim", "Élodie", "Thomas", "Aurélie", "Mathieu", "Claire", "Hugo", "Inès",
    "Bruno", "Fatima", "Laurent", "Margaux", "Olivier", "Pauline", "Rachid", "Sandrine", "Théo", "Valérie", "Yann", "Zoé",
    "Annick", "Bernard", "Chantal", "Didier", "Émilie", "Florent", "Gaëlle", "Henri",
)  # fmt: skip
CITIES = (
    ("59000", "Lille"), ("59100", "Roubaix"), ("59200", "Tourcoing"), ("59500", "Douai"), ("59300", "Valenciennes"),
    ("62000", "Arras"), ("62200", "Boulogne-sur-Mer"), ("62400", "Béthune"), ("62500", "Saint-Omer"), ("80000", "Amiens"),
    ("02100", "Saint-Quentin"), ("60000", "Beauvais"), ("51100", "Reims"), ("76000", "Rouen"), ("75011", "Paris"),
    ("92100", "Boulogne-Billancourt"), ("93200", "Saint-Denis"), ("69003", "Lyon"), ("44000", "Nantes"), ("35000", "Rennes"),
    ("67000", "Strasbourg"), ("57000", "Metz"), ("54000", "Nancy"), ("21000", "Dijon"), ("33000", "Bordeaux"),
    ("31000", "Toulouse"), ("13002", "Marseille"), ("06000", "Nice"), ("38000", "Grenoble"), ("37000", "Tours"),
)  # fmt: skip
BELGIAN_CITIES = (
    ("7500", "Tournai", "fr"), ("7700", "Mouscron", "fr"), ("1000", "Bruxelles", "fr"), ("4000", "Liège", "fr"),
    ("5000", "Namur", "fr"), ("6000", "Charleroi", "fr"), ("7000", "Mons", "fr"), ("8500", "Kortrijk", "nl"),
    ("9000", "Gent", "nl"), ("2000", "Antwerpen", "nl"), ("8000", "Brugge", "nl"), ("3000", "Leuven", "nl"),
)  # fmt: skip
STREETS = (
    "rue du Faubourg", "avenue de la Gare", "quai des Tanneurs", "rue des Tisserands", "boulevard de la Liberté", "rue Haute",
    "zone artisanale des Sablons", "rue du Moulin", "place du Marché", "chemin des Vergers", "rue de l'Industrie",
    "allée des Charmes", "rue Neuve", "route de la Courtille", "impasse du Lavoir", "rue des Écoles",
)  # fmt: skip
DUTCH_STREETS = ("Stationsstraat", "Nieuwstraat", "Kerkstraat", "Molenweg", "Industrielaan", "Marktplein", "Havenlaan")
FRENCH_FORMS = ("SARL", "SARL", "SAS", "SAS", "SA", "EURL", "SNC", "")
BELGIAN_FORMS = {"fr": ("SRL", "SRL", "SA", "SC"), "nl": ("BV", "BV", "NV", "CV")}
DESKS = ("compta", "comptabilite", "facturation", "fournisseurs", "finance")
FRENCH_LANDLINES = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49")  # kept for fiction by the regulator
FRENCH_MOBILES = "06 39 98"


class Place(NamedTuple):
    """Where somebody lives or works."""

    street: str
    postcode: str
    city: str
    country: str
    language: str


def dice(*parts: object) -> random.Random:
    """Chance that falls the same way for the same parts, on every machine."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311 - a demo, not a secret


def plain(text: str) -> str:
    """Lower-case letters and digits, hyphens for the rest: fit for an address."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in folded if not unicodedata.combining(c))
    return "-".join(part for part in kept.split("-") if part)


class Namer:
    """Gives names and codes, each once, in the order asked for."""

    def __init__(self, country: str) -> None:
        self.country = country
        self._names: set[str] = set()
        self._codes: dict[str, int] = {}

    def place(self, chance: random.Random, abroad: bool = False) -> Place:
        """An address in the company's country, or across the border."""
        if (self.country == "BE") != abroad:
            postcode, city, language = chance.choice(BELGIAN_CITIES)
            street = chance.choice(DUTCH_STREETS if language == "nl" else STREETS)
            number = chance.randint(1, 180)
            return Place(f"{street} {number}" if language == "nl" else f"{number} {street}", postcode, city, "BE", language)
        postcode, city = chance.choice(CITIES)
        return Place(f"{chance.randint(1, 180)} {chance.choice(STREETS)}", postcode, city, "FR", "fr")

    def business(self, chance: random.Random, place: Place) -> str:
        """A firm: trade and family or place, with its legal form."""
        form = chance.choice(BELGIAN_FORMS[place.language] if place.country == "BE" else FRENCH_FORMS)
        return self._once(lambda: _firm(chance, place.country), f" {form}".rstrip(), place.city, chance)

    def person(self, chance: random.Random) -> str:
        """A private person or somebody who works alone."""
        families = BELGIAN_FAMILIES if self.country == "BE" else FAMILIES
        return self._once(lambda: f"{chance.choice(FIRST_NAMES)} {chance.choice(families)}", "", "", chance)

    def public(self, chance: random.Random, place: Place) -> str:
        """A public body."""
        return self._once(lambda: chance.choice(PUBLIC), "", place.city, chance)

    def code(self, name: str) -> str:
        """The account of a customer: five letters of the name and a number."""
        words = [word for word in plain(name).upper().split("-") if len(word) > 2]
        longest = max(words, key=len) if words else "CLIENT"
        stem = longest[:5]
        number = self._codes[stem] = self._codes.get(stem, 0) + 1
        return f"{stem}{number:03d}"

    def _once(self, make: Callable[[], str], form: str, city: str, chance: random.Random) -> str:
        """A name not given yet: another draw, then with its city, then with a number."""
        for attempt in range(10_000):
            core = make()
            tail = "" if attempt < 20 else (f" {city}".rstrip() if attempt < 24 else f" {chance.randint(2, 99_999)}")
            name = f"{core}{tail}{form}"
            if name not in self._names:
                break
        self._names.add(name)
        return name


def _firm(chance: random.Random, country: str) -> str:
    if country == "BE":
        return f"{chance.choice(BELGIAN_TRADES)} {chance.choice(BELGIAN_FAMILIES)}"
    kind = chance.random()
    if kind < 0.45:
        return f"{chance.choice(TRADES)} {chance.choice(FAMILIES)}"
    if kind < 0.65:
        return f"{chance.choice(TRADES)} {chance.choice(PLACES)}"
    if kind < 0.85:
        return f"{chance.choice(PREFIXES)} {chance.choice(FAMILIES)}"
    return f"{chance.choice(FAMILIES)} et {chance.choice(('Fils', 'Associés', 'Filles', 'Cie'))}"


def email_of(name: str, chance: random.Random, person: bool) -> str:
    """An address at the customer's own made-up domain, or at a mail host for people."""
    if person:
        return f"{plain(name).replace('-', '.')}@courriel.example"
    return f"{chance.choice(DESKS)}@{plain(name)[:40].rstrip('-')}.example"


def phone_of(place: Place, chance: random.Random, mobile: bool = False) -> str:
    """A number that rings nowhere."""
    last = f"{chance.randint(0, 99):02d} {chance.randint(0, 99):02d}"
    if place.country == "BE":
        return f"+32 2 0{chance.randint(10, 99)} {last}"
    start = FRENCH_MOBILES if mobile else chance.choice(FRENCH_LANDLINES)
    return f"{start} {last}"
