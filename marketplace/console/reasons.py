"""Beginnings of reasons, by queue and by the language of who reads them. A moderator edits each before it is sent.

They stand here and not in the catalogue of translations: both languages are written side by side, since the reader's
language decides and not the moderator's. A gap ("[…]") is for what only this case can say; a reason that still has one,
or that says nothing beside the template, is refused (`problem`).
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tasks.services import written

GAP = "[…]"


@dataclass(frozen=True)
class Template:
    """`outcome` is the choice it goes with ('' for any); `label` and `text` by language code."""

    key: str
    queue: str
    outcome: str
    label: dict[str, str]
    text: dict[str, str]


@dataclass(frozen=True)
class Filled:
    """A template for one case, in the language of its reader."""

    key: str
    outcome: str
    label: str
    text: str
    language: str


TEMPLATES = (
    Template(
        "paid", "disputes", "approve",
        {"en": "The instructions allow the answer", "fr": "La consigne permet cette réponse"},
        {
            "en": "The answer is paid. The instructions of “{batch}” say: […]. Read with them, the answer is a right"
            " one, because […].",
            "fr": "La réponse est payée. La consigne de « {batch} » dit : […]. Lue ainsi, la réponse convient, car"
            " […].",
        },
    ),
    Template(
        "unclear", "disputes", "approve",
        {"en": "The instructions leave it open", "fr": "La consigne laisse le choix"},
        {
            "en": "The answer is paid. The instructions don't say what to do when […]. What they leave open is not held"
            " against who works.",
            "fr": "La réponse est payée. La consigne ne dit pas quoi faire quand […]. Ce qu'elle laisse ouvert n'est"
            " pas retenu contre la personne qui travaille.",
        },
    ),
    Template(
        "refused", "disputes", "reject",
        {"en": "An instruction was not followed", "fr": "Une consigne n'a pas été suivie"},
        {
            "en": "The answer is refused. The instructions of “{batch}” ask for […]. The answer says […] instead. You"
            " can appeal; another moderator then decides.",
            "fr": "La réponse est refusée. La consigne de « {batch} » demande […]. La réponse dit […]. Vous pouvez"
            " faire appel : une autre personne décidera.",
        },
    ),
    Template(
        "nothing", "reports", "nothing",
        {"en": "Looked at, nothing against the rules", "fr": "Examiné, rien contre les règles"},
        {
            "en": "We have read “{batch}” and its tasks. The report is about […]. We found nothing against the rules,"
            " because […].",
            "fr": "Nous avons lu « {batch} » et ses tâches. Le signalement porte sur […]. Rien n'est contraire aux"
            " règles, car […].",
        },
    ),
    Template(
        "change", "reports", "change",
        {"en": "Rests until it is changed", "fr": "Suspendu jusqu'à correction"},
        {
            "en": "“{batch}” rests until it is changed. In […] it says […], which touches the rule about […]. Once it"
            " is changed a person looks again and opens it.",
            "fr": "« {batch} » est suspendu jusqu'à correction. À […], il est écrit […], ce qui touche la règle sur"
            " […]. Une fois corrigé, une personne le relit et le rouvre.",
        },
    ),
    Template(
        "stopped", "reports", "stopped",
        {"en": "Banned here", "fr": "Interdit ici"},
        {
            "en": "“{batch}” is stopped. It asks for […], which may not be asked here. Everybody who had a task in hand"
            " is paid for their time.",
            "fr": "« {batch} » est arrêté. On y demande […], ce qui est interdit ici. Chaque personne qui avait une"
            " tâche en main est payée pour son temps.",
        },
    ),
    Template(
        "personal", "screening", "refuse",
        {"en": "Gathers personal data", "fr": "Recueille des données personnelles"},
        {
            "en": "“{batch}” goes back to you with all its money. It asks for […], which is personal data of people who"
            " have not agreed. Take that out and publish it again.",
            "fr": "« {batch} » vous revient avec tout son argent. On y demande […], des données personnelles de gens"
            " qui n'ont pas donné leur accord. Retirez cela et publiez de nouveau.",
        },
    ),
    Template(
        "words", "screening", "refuse",
        {"en": "Instructions can't be followed", "fr": "La consigne ne peut pas être suivie"},
        {
            "en": "“{batch}” goes back to you with all its money. Somebody who reads the instructions can't know […]."
            " Say it in a sentence and publish it again.",
            "fr": "« {batch} » vous revient avec tout son argent. En lisant la consigne, on ne peut pas savoir […]."
            " Dites-le en une phrase et publiez de nouveau.",
        },
    ),
    Template(
        "lifted", "pauses", "lift",
        {"en": "The questions were not clear", "fr": "Les questions n'étaient pas claires"},
        {
            "en": "The pause is lifted. In the check question about […], your answer can be read as right, because"
            " […].",
            "fr": "La pause est levée. Pour la question de contrôle sur […], votre réponse peut être comprise comme"
            " juste, car […].",
        },
    ),
    Template(
        "kept", "pauses", "keep",
        {"en": "The questions were clear", "fr": "Les questions étaient claires"},
        {
            "en": "The pause stands until it ends by itself. The questions about […] were clear: […]. What you did"
            " stays paid, and all other work stays open.",
            "fr": "La pause court jusqu'à sa fin. Les questions sur […] étaient claires : […]. Ce que vous avez fait"
            " reste payé, et tout autre travail reste ouvert.",
        },
    ),
    Template(
        "restored", "qualifications", "restored",
        {"en": "It should not have been taken back", "fr": "Elle n'aurait pas dû être retirée"},
        {
            "en": "“{batch}” is yours again, as if it had never been taken back. What was said against you was […], and"
            " that is not so, because […].",
            "fr": "« {batch} » vous est rendue, comme si elle n'avait jamais été retirée. On vous reprochait […], et ce"
            " n'est pas le cas, car […].",
        },
    ),
    Template(
        "grant", "grants", "refuse",
        {"en": "Refused for now", "fr": "Refusé pour le moment"},
        {
            "en": "The fund can't give this, because […]. You can ask again when […].",
            "fr": "Le fonds ne peut pas donner cette aide, car […]. Vous pouvez redemander quand […].",
        },
    ),
    Template(
        "restricted", "people", "",
        {"en": "Not one's own work", "fr": "Un travail qui n'est pas le sien"},
        {
            "en": "You can't take new tasks until the date below. On […] we saw […]. What you earned stays yours. If we"
            " are wrong, complain: another person decides.",
            "fr": "Vous ne pouvez pas prendre de nouvelles tâches jusqu'à la date indiquée. Le […], nous avons vu […]."
            " Ce que vous avez gagné reste à vous. Si nous nous trompons, réclamez : une autre personne décidera.",
        },
    ),
    Template(
        "held", "holds", "",
        {"en": "Details to be checked", "fr": "Coordonnées à vérifier"},
        {
            "en": "This payout waits because […]. It is not lost. To let it go sooner, […].",
            "fr": "Ce versement attend, car […]. Il n'est pas perdu. Pour qu'il parte plus tôt, […].",
        },
    ),
    Template(
        "couple", "persons", "two",
        {"en": "Two people with one account at the bank", "fr": "Deux personnes, un seul compte en banque"},
        {
            "en": "You are two people: […]. Each has a limit of their own, and payouts leave as usual.",
            "fr": "Vous êtes deux personnes : […]. Chacune a son propre plafond, et les versements partent comme"
            " d'habitude.",
        },
    ),
    Template(
        "same", "persons", "one",
        {"en": "One person's two accounts", "fr": "Deux comptes d'une même personne"},
        {
            "en": "Both accounts are yours: […]. What is earned under both counts towards one limit of the year."
            " Nothing is lost; what passes the limit is paid from 1 January.",
            "fr": "Les deux comptes sont à vous : […]. Les gains des deux comptent dans un seul plafond annuel. Rien"
            " n'est perdu ; ce qui dépasse le plafond est payé à partir du 1er janvier.",
        },
    ),
    Template(
        "stands", "complaints", "stands",
        {"en": "The decision stands", "fr": "La décision reste"},
        {
            "en": "We looked at […] again, without the person who decided first. The decision stands, because […].",
            "fr": "Nous avons réexaminé […], sans la personne qui avait décidé. La décision reste, car […].",
        },
    ),
)  # fmt: skip


def of(queue: str, language: str, values: dict[str, str]) -> list[Filled]:
    """The templates of a queue in the reader's language (English where it is not there), their places filled."""
    found = []
    for one in TEMPLATES:
        if one.queue != queue:
            continue
        code = language if language in one.text else "en"
        text = one.text[code]
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        found.append(Filled(one.key, one.outcome, one.label[code], text, code))
    return found


def problem(reason: str, queue: str) -> str:
    """Why a reason that was begun from a template can't be sent yet, in words; '' when it can.

    The least length (`tasks.services.written`) is asked of what the moderator wrote, not of the template.
    """
    if GAP in reason:
        return _("Fill the gaps of the template, marked […], or take them out.")
    own, used = reason, False
    for one in TEMPLATES:
        if one.queue == queue:
            for text in one.text.values():
                own, met = _without(own, text)
                used = used or met
    if used and written.says_nothing(own):
        return _(
            "The template alone says nothing of this case. Add what you saw: at least %(least)s characters."
        ) % {"least": written.LEAST}
    return ""


def _without(reason: str, text: str) -> tuple[str, bool]:
    """A reason less the fixed parts of a template, and whether the first of them was in it."""
    parts = [part.strip(" .,:") for part in re.split(r"\[…\]|\{\w+\}", text)]
    parts = [part for part in parts if len(part) > 5]
    met = bool(parts) and parts[0] in reason
    for part in parts if met else ():
        reason = reason.replace(part, " ")
    return reason, met
