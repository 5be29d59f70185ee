"""Whether a message asks for, or holds, personal contact data (charter W5): a warning for who writes and who reads.

Only ever said to the two of them, as the page is made. Nothing is stored, counted, told to a moderator, or kept from
being sent (charter M6).
"""

import re

_MAIL = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+\s?(?:\.|\(dot\)|\[dot\])\s?[a-z]{2,}", re.I)
# Nine figures or more, in the groups that people write numbers in; a date or an amount has fewer.
_PHONE = re.compile(r"(?<![\w.,])\+?(?:\(?\d{1,5}\)?[ ./-]?){2,7}\d{2,4}(?![\w,])")
_LEAST_FIGURES = 9
_WORDS = re.compile(
    r"\b(?:whats\s?app|telegram|signal\s+(?:me|number|app)|messenger|skype|wechat|facebook|instagram|linkedin"
    r"|(?:your|my|votre|ton|mon)\s+(?:private\s+|personal\s+|home\s+)?"
    r"(?:e-?mail|mail|phone|mobile|number|address|full name|last name|bank|iban|passport|id card"
    r"|t[ée]l[ée]phone|portable|num[ée]ro|adresse|courriel|nom complet|nom de famille"
    r"|passeport|carte d.identit[ée]))\b",
    re.I,
)


def asks(text: str) -> bool:
    """Whether `text` holds an e-mail address or a phone number, or asks for such, or names another messenger."""
    if _MAIL.search(text) or _WORDS.search(text):
        return True
    return any(sum(map(str.isdigit, found[0])) >= _LEAST_FIGURES for found in _PHONE.finditer(text))
