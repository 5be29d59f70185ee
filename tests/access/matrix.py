"""What each persona gets at every address of the site: the rows of `*.txt` beside this file, and how to ask.

A row is the method, the address with objects of `world.py` in braces, and what each persona gets, in the order of
PERSONAS:

    a number   the status
    in         sent to log in
    new        sent to found an organisation         profile   sent to the worker profile
    go         another redirect
"""

from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from django.db import transaction
from django.test import Client
from django.test.client import MULTIPART_CONTENT

from tests.personas import log_in

PERSONAS = ("visitor", "alice", "vera", "bob", "charlie", "dana", "erin")
ROWS = [
    line.split()
    for table in sorted(Path(__file__).parent.glob("*.txt"))
    for line in table.read_text().splitlines()
    if line.strip() and not line.startswith("#")
]
PLACES = {"/accounts/login/": "in", "/organisations/new/": "new", "/work/profile/": "profile"}
browser = Client()  # one for all: each new one would load the middleware again


def ask(cookies, method, path):
    """The answer to one request, whose effects are taken back: every row meets the same market."""
    mark = transaction.savepoint()
    browser.cookies = SimpleCookie(cookies)
    try:
        if method == "GET":
            return browser.get(path)
        return browser.post(
            path, {}, content_type="application/json" if path.startswith("/api/") else MULTIPART_CONTENT
        )
    finally:
        transaction.savepoint_rollback(mark)


def sessions(people):
    """The cookies of each person's browser; a visitor has none."""
    return {
        name: {key: row.value for key, row in log_in(person).cookies.items()}
        for name, person in people.items()
    }


def said(answer):
    """What a persona got, in a word of the table."""
    if answer.status_code not in (301, 302):
        return str(answer.status_code)
    return PLACES.get(urlsplit(answer.headers["Location"]).path, "go")
