"""The text rules of screening, measured: each banned thing in both languages is met, each honest look-alike is not."""

import time

import pytest
from django.utils import translation

from tasks import kinds
from tasks.screening_rules import RULES, Part, find
from tasks.screening_rules.folding import readings
from tasks.services import screening_text

BANNED = {
    "fake_reviews": {
        "en": [
            "Write a positive review of our restaurant.",
            "Post a 5-star review for the hotel, from your own phone.",
            "Please leave a rating for our shop on Google Maps.",
            "Rate our app five stars in the Play Store.",
            "Copy the text and publish a great testimonial about the product.",
            "You will write fake reviews for an online shop.",
            "Wr1te a p0sitive rev1ew of the product.",
            "Submit a one-star rating to our competitor's page on Trustpilot.",
        ],
        "fr": [
            "Écrivez un avis positif sur notre restaurant.",
            "Laissez un commentaire sur Google pour notre boutique.",
            "Mettez-nous 5 étoiles.",
            "Rédiger de faux avis pour un site de vente.",
            "Publiez une évaluation élogieuse du produit.",
            "Notez notre application cinq étoiles.",
            "Déposez un avis sur Tripadvisor.",
        ],
    },
    "likes": {
        "en": [
            "Like our page and tell us your name.",
            "Follow us on Instagram.",
            "Please follow this account on TikTok.",
            "Subscribe to my channel.",
            "Vote for our candidate in the contest.",
            "Please l1ke this video.",
            "f o l l o w our page on Facebook",
            "Open the link and hit the like button.",
            "We need 500 followers by Monday.",
            "Retweet this post from your account.",
            "* **Like** <b>our page</b>",
        ],
        "fr": [
            "Likez notre page.",
            "Likez aussi notre page.",
            "Abonnez-vous à notre chaîne YouTube.",
            "Suivez-nous !",
            "Suivez notre compte Instagram.",
            "Mettez un j’aime sous la vidéo.",
            "Votez pour notre projet.",
            "Partagez cette publication sur Facebook.",
            "Gagner des abonnés pour une chaîne.",
            "Aimez la photo du concours.",
        ],
    },
    "accounts": {
        "en": [
            "Create an account on the site and send us its name.",
            "Make ten new Gmail accounts.",
            "Sign up on our website with the link below.",
            "Create accounts for a forum.",
            "Register an account with a new phone number.",
            "Rent us your account: sell your Facebook account.",
            "Cr3ate an acc0unt on the forum.",
        ],
        "fr": [
            "Créez un compte sur le site.",
            "Ouvrir plusieurs comptes de jeu.",
            "Inscrivez-vous sur notre plateforme.",
            "Création de faux comptes pour un forum.",
            "Créer une adresse mail chez ce fournisseur.",
            "Vendez votre compte.",
        ],
    },
    "captcha": {
        "en": [
            "Solve the CAPTCHA in the picture.",
            "Captcha solving, two cents each.",
            "Type the captcha you see.",
            "Enter the distorted letters: type the characters of the security image.",
            "Tick the box that says you are not a robot.",
            "Solve the c.a.p.t.c.h.a shown below.",
        ],
        "fr": [
            "Résolvez le captcha.",
            "Saisissez le CAPTCHA affiché.",
            "Recopiez les lettres de l’image de sécurité.",
            "Résoudre des reCAPTCHA toute la journée.",
            "Cochez la case « je ne suis pas un robot ».",
        ],
    },
    "clicks": {
        "en": [
            "Open the page and click on the ads.",
            "Click every banner you find.",
            "Search for plumber on Google and click our website.",
            "Watch the ad until the end.",
            "Tap the sponsored link, wait, and go back.",
            "Cl1ck the @ds on the blog.",
        ],
        "fr": [
            "Cliquez sur les publicités du blog.",
            "Cliquer sur chaque annonce.",
            "Tapez « plombier » dans Google et cliquez sur notre site.",
            "Regardez la pub jusqu’au bout.",
            "Visitez le site pendant deux minutes pour améliorer son référencement.",
        ],
    },
    "personal_data": {
        "en": [
            "Find the phone numbers of people who live in this street.",
            "Collect e-mail addresses from LinkedIn profiles.",
            "Upload your passport.",
            "Send a photo of your identity card.",
            "Enter the code that you will receive by SMS.",
            "Give us your phone number and password.",
            "Find people's phone numbers.",
            "Forward the verification code to us.",
        ],
        "fr": [
            "Trouvez les numéros de téléphone de particuliers.",
            "Collectez les adresses e-mail des membres du groupe.",
            "Envoyez une photo de votre carte d’identité.",
            "Indiquez le code reçu par SMS.",
            "Donnez votre numéro de téléphone.",
            "Relevez les coordonnées des habitants de l’immeuble.",
            "Saisissez votre mot de passe.",
        ],
    },
}
HARMLESS = {
    "fake_reviews": {
        "en": [
            "Classify whether this review is fake.",
            "Is this review positive or negative?",
            "Decide if somebody was paid to write a positive review.",
            "Give each answer a rating from 1 to 5 stars.",
            "Write a short summary of the customer's review.",
            "Rate how well the picture fits the text.",
        ],
        "fr": [
            "Dites si cet avis est positif ou négatif.",
            "Indiquez si cet avis est faux.",
            "Donnez une note de 1 à 5 étoiles à la traduction.",
            "Écrivez en une phrase ce que dit le client.",
            "Classez ces commentaires : plainte, question ou merci.",
        ],
    },
    "likes": {
        "en": [
            "Is this comment liked by many people?",
            "Follow the instructions on the page.",
            "Would you like this post to be shorter?",
            "How many likes does the picture show?",
            "Follow the outline of the leaf with the pen.",
            "Say if this post asks people to follow an account.",
            "Sort these newsletters by subject.",
        ],
        "fr": [
            "Suivez les consignes de la page.",
            "Ce commentaire est-il aimé par beaucoup de monde ?",
            "Combien de j’aime voit-on sous la photo ?",
            "Suivez le contour de la feuille.",
            "Le message demande de suivre un compte : oui ou non ?",
        ],
    },
    "accounts": {
        "en": [
            "Does the page ask people to create an account?",
            "Copy the account number from the invoice.",
            "You need not create an account: answer right here, without signing up.",
            "Classify bank account statements.",
            "Is this profile a person or a company?",
        ],
        "fr": [
            "La page demande de créer un compte : oui ou non ?",
            "Recopiez le numéro de compte de la facture.",
            "Répondez sans créer de compte.",
            "Comptez les personnes sur la photo.",
        ],
    },
    "captcha": {
        "en": [
            "Does the picture show a CAPTCHA?",
            "Mark every CAPTCHA on the screenshot with a box.",
            "Does this page ask visitors to solve a CAPTCHA?",
            "Type the word you read on the old letter.",
        ],
        "fr": [
            "L’image montre-t-elle un CAPTCHA ?",
            "Dites si la page demande de résoudre un captcha.",
            "Recopiez les lettres gravées sur la pierre.",
        ],
    },
    "clicks": {
        "en": [
            "Click on the banner in the picture to mark it.",
            "Is this an advertisement?",
            "Does the text ask you to click on ads?",
            "Judge how well this ad answers the search.",
            "Click “Next” when you are done.",
        ],
        "fr": [
            "Cliquez sur la publicité visible sur la photo.",
            "Est-ce une publicité ?",
            "Jugez si cette annonce répond à la recherche.",
            "Cliquez sur le bouton pour continuer.",
        ],
    },
    "personal_data": {
        "en": [
            "Transcribe the e-mail address on this invoice of a company.",
            "Find the phone number of this restaurant.",
            "Does the message contain a phone number?",
            "Mark the names of people in this text.",
            "Tell us in which year the letter was sent.",
            "Never send your password to anybody.",
        ],
        "fr": [
            "Transcrivez l’adresse e-mail de cette facture d’entreprise.",
            "Trouvez le numéro de téléphone de ce restaurant.",
            "Le texte contient-il un numéro de téléphone ?",
            "Relevez les noms de personnes dans ce texte.",
            "Ne donnez jamais votre mot de passe.",
        ],
    },
}
TONGUES = ("en", "fr")


def met(text, where="instructions"):
    return {hit.rule for hit in find([Part(where, text)])}


def test_every_rule_has_its_sentences_and_its_look_alikes_in_both_languages():
    for rule in RULES:
        for tongue in TONGUES:
            assert len(BANNED[rule.id][tongue]) >= 5, (rule.id, tongue)
            assert len(HARMLESS[rule.id][tongue]) >= 3, (rule.id, tongue)


def test_W5_all_that_is_banned_is_met_and_nothing_honest_is():
    """The table: of each rule and language, sentences met of those banned, and look-alikes met of those harmless."""
    table, missed, wrong = [], [], []
    for rule in RULES:
        for tongue in TONGUES:
            bad, good = BANNED[rule.id][tongue], HARMLESS[rule.id][tongue]
            hits = [text for text in bad if rule.id in met(text)]
            false = [text for text in good if met(text)]
            missed += [text for text in bad if text not in hits]
            wrong += [(text, met(text)) for text in false]
            table.append(
                f"{rule.id:14} {tongue}  {len(hits):2} of {len(bad):2}   {len(false)} of {len(good)}"
            )
    assert (missed, wrong) == ([], []), "\n".join(table)


def test_the_exact_words_are_shown_as_they_were_written():
    (hit,) = find([Part("instructions", "Bonjour. S’il vous plaît : ÉCRIVEZ un AVIS  très positif ici !")])
    assert hit.words == "ÉCRIVEZ un AVIS  très positif"
    assert hit.before.endswith("plaît : ")
    assert hit.after == " ici !"
    (hit,) = find([Part("title", "Please l1ke this vide0 now")])
    assert hit.words == "l1ke this vide0" or hit.words == "Please l1ke this vide0"


def test_a_disguise_is_read_through_and_the_way_back_holds():
    found = {one.text for one in readings("F.o.l.l.o.w  us, l\u200b1ke")}
    assert "follow  us, l1ke" in found
    assert any("like" in text for text in found)
    for one in readings("Éf o l l o w ﬁn"):
        assert len(one.text) == len(one.places)


def test_one_row_of_many_says_nothing_and_many_do():
    talk = [Part("row", f"A quiet message, number {n}", n) for n in range(19)]
    order = Part("row", "Like this page https://example.org/p", 20)
    assert find([*talk, order]) == []
    assert find([order, *talk[:3]]) == []
    assert {hit.rule for hit in find([order, order, *talk[:1]])} == {"likes"}


@pytest.mark.parametrize("language", TONGUES)
def test_no_ready_kind_and_none_of_its_examples_is_put_before_a_person(language):
    with translation.override(language):
        for kind in kinds.all_kinds():
            rows = [
                Part("row", "\n".join(map(str, row.values())), number)
                for number, row in enumerate(kind.example_rows())
            ]
            said = "\n".join(screening_text._sentences(kind.form()))
            words = [Part("title", str(kind.title)), Part("instructions", kind.words()), Part("form", said)]
            assert find([*words, *rows]) == [], kind.key


def test_links_to_a_network_count_where_people_act_with_their_own_account():
    rows = [Part("row", f"https://www.instagram.com/p/{n}/", n) for n in range(5)]
    assert find([Part("instructions", "Say what the picture shows."), *rows]) == []
    hits = find([Part("instructions", "Log in with your own account and do the rest."), *rows])
    assert {(hit.rule, hit.where) for hit in hits} == {("likes", "row")}
    assert len(hits) == 3


@pytest.mark.parametrize("text", ["like " * 4000, "a.b.c.d " * 2500, "write " * 3300, "1a" * 10_000])
def test_no_text_takes_long(text):
    started = time.perf_counter()
    find([Part("instructions", text)])
    assert time.perf_counter() - started < 5
