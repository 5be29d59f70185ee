"""The rules as data. A change of a pattern raises its rule's version and date; the public page names both.

Patterns are read by `reading.find` over folded text: lower case, no accents, straight quotes. `looks_for` is what the
rule is after, in words. A pattern may reach over a few words, and never beyond a sentence.
"""

# ruff: noqa: E501 - a pattern is read as one piece
from dataclasses import dataclass

# What may stand between two words of a pattern.
FEW = r"[^.!?;\n]{0,30}?"
SOME = r"[^.!?;\n]{0,60}?"
# Where an order begins: a sentence, a comma, or a word that leads up to it.
DO = (
    r"(?:^\s*|(?<=[.!?;:\n,(>*•-])\s*|\b(?:please|to|and|must|should|will|then|just|or|simply|go|de|et|puis|pour|a|devez|"
    r"ensuite|faut|merci de|veuillez)\s+)"
)
NETWORK = (
    r"(?:instagram|insta|tik ?tok|you ?tube|facebook|fb|twitter|linked ?in|twitch|spotify|snapchat|telegram|reddit|"
    r"pinterest|soundcloud|deezer|discord|threads)"
)
SHOP = (
    r"(?:google(?: maps| play)?|trust ?pilot|trip ?advisor|amazon|yelp|app ?store|play ?store|booking(?:\.com)?|airbnb|"
    r"fnac|cdiscount|ebay|etsy|steam|glassdoor|doctolib|pages jaunes|avis verifies|the fork|deliveroo|uber eats)"
)
PRAISE = (
    r"(?:positive|good|great|glowing|excellent|nice|favou?rable|fake|false|negative|bad|5[- ]?stars?|five[- ]?stars?|"
    r"1[- ]?star|one[- ]?star)"
)
WRITE_EN = r"(?:write|post|leave|publish|submit|add|invent|make up|create)"
WRITE_FR = (
    r"(?:ecri(?:re|s|vez|vons)|redige[rz]?|laisse[rz]?|poste[rz]?|publie[rz]?|depose[rz]?|met(?:s|tez|tre)|donne[rz]?|"
    r"ajoute[rz]?|invente[rz]?)"
)
AVIS = r"(?:avis|commentaires?|notes?|evaluations?|temoignages?)"
THEIR_POST = (
    r"(?:page|channel|videos?|posts?|profiles?|accounts?|photos?|reels?|tweets?|playlist|song|stream|story|podcast|"
    r"contestant|candidate|petition|product hunt|" + NETWORK + r")"
)
LEUR_PAGE = (
    r"(?:pages?|chaines?|videos?|publications?|posts?|profils?|comptes?|photos?|reels?|tweets?|playlist|chanson|"
    r"stories|podcast|candidate?s?|petition|concours|" + NETWORK + r")"
)
NOT_RULES = r"(?! (?:\w+ ){0,2}(?:instructions?|steps?|guidelines?|rules?|links?|examples?|advice|text)\b)"
PAS_CONSIGNES = (
    r"(?! (?:\w+ ){0,2}(?:consignes?|instructions?|etapes?|regles?|liens?|exemples?|conseils?|texte)\b)"
)
GATHER_EN = r"(?:collect|find|gather|harvest|scrape|list|extract|look up|search for|get|give|send|note|copy|write down|research)"
GATHER_FR = (
    r"(?:collecte[rz]?|trouve[rz]?|recueill\w+|reuni\w+|liste[rz]?|extrai\w+|recherche[rz]?|cherche[rz]?|releve[rz]?|"
    r"donne[rz]?|envoye[rz]?|note[rz]?|copie[rz]?|recense[rz]?)"
)
CONTACT_EN = r"(?:(?:phone|mobile|telephone|whatsapp) numbers?|e-?mails?|e-?mail address(?:es)?|home address(?:es)?|private address(?:es)?|contact details)"
CONTACT_FR = r"(?:numeros? de (?:telephone|portable|mobile)|telephones?|(?:adresses? )?e-?mails?|courriels?|adresses? (?:e-?mail|mail|personnelles?|privees?|du domicile|postales?)|coordonnees)"
PRIVATE_EN = (
    r"(?:people|persons?|individuals?|residents?|inhabitants|friends?|neighbou?rs?|famil(?:y|ies)|members|users|students|"
    r"patients|tenants|home ?owners|women|men|girls|boys|teachers|parents|profiles?|their profile)"
)
PRIVATE_FR = (
    r"(?:personnes?|particuliers?|habitants?|amis?|voisins?|familles?|membres|utilisateurs|etudiants|patients|locataires|"
    r"proprietaires|femmes|hommes|filles|garcons|professeurs|parents|profils?)"
)
PAPERS_EN = (
    r"(?:passports?|id cards?|identity (?:cards?|papers?|documents?)|driving licen[cs]es?|driver'?s licen[cs]es?|"
    r"passwords?|pin codes?|bank details|bank card|credit card|card number|iban|social security number)"
)
PAPERS_FR = (
    r"(?:passeports?|cartes? d'identite|pieces? d'identite|papiers d'identite|permis de conduire|mots? de passe|"
    r"code pin|coordonnees bancaires|carte bancaire|numero de carte|iban|rib|numero de securite sociale)"
)


@dataclass(frozen=True)
class Rule:
    """One rule. `patterns` are regular expressions; rows whose links lead to `hosts` count where the batch asks people
    to act with accounts of their own."""

    id: str
    version: int
    since: str  # ISO date of this version
    looks_for: str
    patterns: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    on_pictures: bool = (
        True  # False: the words are no order where a picture is what is worked on ("click the banner")
    )


RULES = (
    Rule(
        "fake_reviews",
        1,
        "2026-11-22",
        "reviews or ratings written to order",
        (
            rf"\b{WRITE_EN}\b{SOME}\b{PRAISE}\b{FEW}\b(?:reviews?|ratings?|comments?|testimonials?|feedback)\b",
            rf"\b(?:{WRITE_EN}|give|rate)\b{SOME}\b(?:reviews?|ratings?|stars?|testimonials?)\b{FEW}\b(?:on|at|in)\b{FEW}\b{SHOP}\b",
            rf"\b(?:rate|give|leave)\b{FEW}\b(?:us|our|my|this app|the app)\b{FEW}(?<!to )\b(?:5|five)[- ]?stars?\b",
            rf"\brate\b (?:us|our \w+|my \w+)\b{FEW}\b{SHOP}\b",
            rf"\b{WRITE_FR}\b{SOME}\b{AVIS}\b{FEW}\b(?:positi\w+|(?<!a )(?:5|cinq) etoiles|faux|favorables?|elogieu\w+|negati\w+)\b",
            rf"\b{WRITE_FR}\b{FEW}\b(?:bons?|faux|fausses?|bonnes?|mauvaise?s?) {AVIS}\b",
            rf"\b{WRITE_FR}\b{SOME}\b{AVIS}\b{FEW}\bsur\b{FEW}\b{SHOP}\b",
            rf"\b(?:met(?:s|tez|tre)|donne[rz]?|laisse[rz]?|attribue[rz]?|note[rz]?)\b{FEW}\b(?:nous|notre|nos|mon|ma|l'application|cette application)\b{FEW}(?<!a )\b(?:5|cinq) etoiles\b",
            r"\b(?:met(?:s|tez|tre)|attribue[rz]?|donne[rz]?)[- ](?:nous|lui)? ?(?:5|cinq) etoiles\b",
        ),
        (
            "trustpilot.com", "tripadvisor.com", "tripadvisor.fr", "yelp.com", "yelp.fr", "g.page", "maps.app.goo.gl",
            "play.google.com", "apps.apple.com", "glassdoor.com", "glassdoor.fr",
        ),
    ),
    Rule(
        "likes",
        1,
        "2026-11-22",
        "likes, follows, subscriptions or votes to order",
        (
            rf"{DO}(?:like|upvote|share|retweet|repost|vote (?:for|on)|subscribe to|comment on)\b (?:this|these|our|the|my|her|his|their|every|all|each|us|a|one)\b{FEW}\b{THEIR_POST}\b",
            rf"{DO}follow\b{NOT_RULES} (?:us\b|me\b|(?:this|these|our|the|my|her|his|their|every|all|each|a)\b{FEW}\b{THEIR_POST}\b)",
            rf"{DO}(?:follow|like|subscribe to|vote for) (?:us|me|@\w+|my band|our (?:brand|team|candidate|song|project))\b",
            r"\b(?:hit|click|press|tap|smash)\b[^.!?;\n]{0,20}?\b(?:the )?(?:like|follow(?!-)|subscribe|thumbs?[- ]up)\b",
            rf"\b(?:buy|get|need|gain|boost|increase|add|raise)\b{FEW}\b(?:likes|followers|subscribers|upvotes|votes)\b",
            rf"{DO}(?:like[rz]?|aime[rz]|partage[rz]?|retweete[rz]?|vote[rz]? (?:pour|sur)|commente[rz])\b(?: aussi| egalement)? (?:cette|ces|ce|notre|nos|la|le|les|ma|mon|chaque|toutes|une?)\b{FEW}\b{LEUR_PAGE}\b",
            rf"\b(?:abonne[rz]?[- ](?:vous|toi)|s'abonner|vous abonner|t'abonner)\b{FEW}\b(?:a|au|aux|sur)\b{FEW}\b{LEUR_PAGE}\b",
            rf"{DO}(?:suivre|suivez|suis)\b{PAS_CONSIGNES}(?:[- ]nous\b| (?:notre|nos|ce|cette|ces|la|le|les|mon|ma)\b{FEW}\b{LEUR_PAGE}\b)",
            r"\b(?:met(?:s|tez|tre)|clique[rz]?(?: sur)?|ajoute[rz]?)\b[^.!?;\n]{0,20}?(?:j'aime|\blikes?\b|\bpouce (?:bleu|leve|en l'air))",
            rf"\b(?:acheter|gagne[rz]?|obtenir|booste[rz]?|augmente[rz]?|faire monter)\b{FEW}\b(?:likes|followers|abonnes|votes|j'aime)\b",
            rf"{DO}vote[rz]\b{FEW}\b(?:pour nous|notre (?:projet|candidat\w*|equipe|chanson|concours))\b",
        ),
        (
            "instagram.com", "tiktok.com", "youtube.com", "youtu.be", "facebook.com", "fb.com", "x.com", "twitter.com",
            "twitch.tv", "linkedin.com", "open.spotify.com", "reddit.com", "t.me",
        ),
    ),
    Rule(
        "accounts",
        1,
        "2026-11-22",
        "accounts made to order",
        (
            rf"\b(?:create|make|open|register|set up)\b (?:an?|new|your|the|\d+|two|three|five|ten|several|many|fake|some|as many)\b{FEW}\b(?:accounts?|e-?mail address(?:es)?|mailbox(?:es)?)\b",
            rf"\bcreate (?:accounts?|profiles?|{NETWORK}|gmail|outlook)\b",
            rf"\b(?:create|make|set up)\b (?:an?|new|several|fake|\d+)\b{FEW}\bprofiles?\b{FEW}\b(?:on|at)\b",
            rf"{DO}(?:sign up|register)\b (?:on|at|for|with|to|as|using|here)\b",
            rf"\b(?:sell|rent|lend|give us) your{FEW}\baccounts?\b",
            rf"\b(?:cree[rz]?|creation de|ouvr(?:ir|ez|e)|fabrique[rz]?)\b (?:une?|des|de|le|votre|vos|plusieurs|nouveaux|faux|\d+|dix|cinq)\b{FEW}\b(?:comptes?|adresses? (?:e-?)?mail|boites? mail)\b",
            rf"\b(?:cree[rz]?)\b (?:une?|des|de|plusieurs|faux|\d+)\b{FEW}\bprofils?\b{FEW}\bsur\b",
            r"\b(?:inscri(?:vez|re|s)[- ](?:vous|toi)|s'inscrire|vous inscrire|t'inscrire)\b (?:sur|a|au|avec|en|via|ici)\b",
            rf"\b(?:vendre|vendez|louer|louez|pretez|preter) (?:votre|vos){FEW}\bcomptes?\b",
        ),
    ),
    Rule(
        "captcha",
        1,
        "2026-11-22",
        "CAPTCHAs solved for somebody else",
        (
            rf"\b(?:solv(?:e|ing)|typ(?:e|ing)|enter|complete|pass|bypass|break|answer|fill in|decode|crack|resolve)\b{FEW}\b(?:re|h)?captchas?\b",
            r"\b(?:re|h)?captcha (?:solver|solving|typing|entry|farm)\b",
            rf"\b(?:type|enter|copy)\b{SOME}\b(?:letters|characters|digits|code)\b{SOME}\b(?:security image|security check|verification image|distorted|anti-?bot|anti-?robot)\b",
            rf"\b(?:prove|confirm|tick|check)\b{FEW}\b(?:not a robot|you are human|you're human)\b",
            rf"\b(?:resou(?:dre|ds|dez)|resolv\w+|resolution de|saisi\w*|tape[rz]?|recopie[rz]?|rempli\w+|contourne[rz]?|dechiffre[rz]?|entre[rz]|passe[rz]?|decode[rz]?)\b{FEW}\b(?:re|h)?captchas?\b",
            rf"\b(?:saisi\w*|tape[rz]?|recopie[rz]?)\b{SOME}\b(?:lettres|caracteres|chiffres|code)\b{SOME}\b(?:image de securite|image de verification|deformee?s?|anti-?robot)\b",
            rf"\b(?:prouve[rz]?|confirme[rz]?|coche[rz]?)\b{FEW}\bpas un robot\b",
        ),
    ),
    Rule(
        "clicks",
        1,
        "2026-11-22",
        "clicks on advertising or search results to order",
        (
            rf"\b(?:click|tap|press)\b(?: on)?\b{FEW}\b(?:ads?|adverts?|advertisements?|banners?|sponsored (?:links?|results?|posts?))\b",
            rf"\b(?:search|google|look)\b (?:for|on)\b{SOME}\b(?:click|open|visit)\b{SOME}\b(?:result|our (?:site|website|link|page)|the (?:site|website))\b",
            rf"\b(?:watch|view)\b{FEW}\bads?\b{FEW}\b(?:till|until|to the end|without skipping|in full)\b",
            rf"\b(?:visit|open|stay on)\b{FEW}\b(?:site|website|page)\b{FEW}\b(?:for at least|minutes|seconds)\b{SOME}\b(?:traffic|visits|ranking|seo)\b",
            rf"\bclique[rz]?\b(?: sur)?{FEW}\b(?:annonces?|publicites?|pubs?|bannieres?|liens? sponsorises?|resultats? sponsorises?)\b",
            rf"\b(?:cherche[rz]?|recherche[rz]?|tape[rz]?)\b{SOME}\b(?:google|bing|qwant)\b{SOME}\bclique[rz]?\b{SOME}\b(?:resultat|notre (?:site|lien|page)|le site)\b",
            rf"\bregarde[rz]?\b{FEW}\b(?:pubs?|publicites?)\b{FEW}\b(?:jusqu'a|sans passer|en entier|jusqu'au bout)\b",
            rf"\b(?:visite[rz]?|reste[rz]?)\b{FEW}\b(?:site|page)\b{SOME}\b(?:trafic|visites|referencement|seo)\b",
        ),
        on_pictures=False,
    ),
    Rule(
        "personal_data",
        1,
        "2026-11-22",
        "personal data of private people, identity papers, passwords or codes",
        (
            rf"\b{GATHER_EN}\b{SOME}\b{CONTACT_EN}\b{SOME}\b(?:of|from|for|on)\b{FEW}\b{PRIVATE_EN}\b",
            rf"\b{GATHER_EN}\b{FEW}\b{PRIVATE_EN}(?:'s?|s')? {CONTACT_EN}\b",
            rf"\b(?:send|give|enter|provide|upload|share|type|submit|tell|photograph|scan|take a (?:photo|picture) of)\b{FEW}\byour\b{FEW}\b(?:{PAPERS_EN}|(?:phone|mobile) number|home address)\b",
            rf"\b(?:upload|send|collect|photograph|scan)\b{FEW}\b(?:passports?|id cards?|identity (?:cards?|papers?)|driving licen[cs]es?) of\b{FEW}\b(?:{PRIVATE_EN}|relatives?)\b",
            rf"\b(?:code|password|otp|pin)\b{FEW}\b(?:you|that you|you will)\b{FEW}\b(?:receive|get)\b{FEW}\b(?:sms|text|phone)\b",
            rf"\b(?:receive|forward|send us|enter|give us|share)\b{FEW}\b(?:sms|text message|one-time|verification) codes?\b",
            rf"\b{GATHER_FR}\b{SOME}\b{CONTACT_FR}\b{SOME}\b(?:de|des|du|d')\s?{FEW}\b{PRIVATE_FR}\b",
            rf"\b(?:envoye[rz]?|donne[rz]?|indique[rz]?|fourni\w+|televerse[rz]?|partage[rz]?|saisi\w+|photographie[rz]?|scanne[rz]?)\b{FEW}\b(?:votre|vos|ta|ton)\b{FEW}\b(?:{PAPERS_FR}|numero de (?:telephone|portable)|adresse personnelle)\b",
            rf"\b(?:envoye[rz]?|photographie[rz]?|scanne[rz]?|collecte[rz]?)\b{FEW}\b(?:passeports?|cartes? d'identite|pieces? d'identite|permis de conduire) (?:de|des|d')\s?{FEW}\b(?:{PRIVATE_FR}|proches?)\b",
            rf"\bcodes?\b{FEW}\b(?:recu|recevez|recevrez|recois|recus)\b{FEW}\b(?:sms|telephone|texto)\b",
            rf"\b(?:transmet\w+|envoye[rz]?|donne[rz]?|saisi\w+|communique[rz]?|recev\w+)\b{FEW}\bcodes? (?:sms|de verification|de confirmation|a usage unique)\b",
        ),
    ),
)  # fmt: skip
