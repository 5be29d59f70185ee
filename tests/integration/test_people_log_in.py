"""Sign-up, log-in, reset, second factor: from the first page to the last, with the mails that were sent."""

import re
import time

import pytest
from django.test import Client

from marketplace.base import switches
from marketplace.base.models import User
from tests.personas import PASSWORD, give_second_factor, log_in, make_person

pytestmark = pytest.mark.django_db
NEW = "another long password, 43"


def code_in(letter):
    """The code that stands alone on a line of a mail."""
    return next(
        line.strip()
        for line in letter.body.splitlines()
        if re.fullmatch(r"[A-Z0-9]{3,}(-[A-Z0-9]{3,})*", line.strip())
    )


def totp_code(secret):
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_up(client, email, **more):
    return client.post("/accounts/signup/", {"email": email, "password1": PASSWORD, **more})


def test_a_new_person_signs_up_confirms_the_address_and_chooses_a_side(client, mailbox):
    answer = sign_up(client, "New.Person@Example.test")
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert client.get("/me/").status_code == 302  # not before the address is confirmed
    letter = mailbox.get()
    assert letter.recipient == "new.person@example.test"
    answer = client.post("/accounts/confirm-email/", {"code": code_in(letter)})
    assert answer.headers["Location"] == "/start/"
    page = client.get("/start/").content.decode()
    assert "I want to work" in page
    user = User.objects.get()
    assert user.emailaddress_set.get().verified
    assert (user.is_moderator, user.is_admin, user.works, user.posts) == (False, False, False, False)


@pytest.mark.parametrize(("side", "onward"), [
    ("work", "/work/profile/"), ("post", "/organisations/new/"), ("both", "/work/profile/?next=/organisations/new/"),
])  # fmt: skip
def test_each_side_leads_to_what_it_needs(charlie, client_of, side, onward):
    assert client_of(charlie).post("/start/", {"side": side}).headers["Location"] == onward


def test_no_side_chosen_is_said(charlie, client_of):
    answer = client_of(charlie).post("/start/", {})
    assert answer.status_code == 400
    assert "Choose one of the ways in." in answer.content.decode()


def test_a_button_of_the_first_page_leads_through_sign_up_to_its_side(client, mailbox):
    page = client.get("/accounts/signup/?next=/organisations/new/").content.decode()
    assert 'value="/organisations/new/"' in page
    sign_up(client, "new@example.test", next="/organisations/new/")
    answer = client.post("/accounts/confirm-email/", {"code": code_in(mailbox.get())})
    assert answer.headers["Location"] == "/organisations/new/"


def test_the_language_of_sign_up_is_kept_with_the_person(mailbox):
    client = Client(headers={"Accept-Language": "fr"})
    sign_up(client, "new@example.test")
    assert User.objects.get().locale == "fr"


def test_a_wrong_code_confirms_nothing(client, mailbox):
    sign_up(client, "new@example.test")
    assert client.post("/accounts/confirm-email/", {"code": "WRONG1"}).status_code == 200
    assert not User.objects.get().emailaddress_set.get().verified


def test_a_short_or_common_password_is_refused_and_the_address_is_kept_on_the_page(client):
    answer = client.post("/accounts/signup/", {"email": "new@example.test", "password1": "short"})
    assert answer.status_code == 200
    assert 'value="new@example.test"' in answer.content.decode()
    assert not User.objects.exists()


def test_sign_up_can_be_switched_off(client, erin):
    switches.turn("signup", on=False, actor=erin, reason="Repairs.")
    assert "form" in client.get("/accounts/signup/").content.decode()
    sign_up(client, "new@example.test")
    assert not User.objects.filter(email="new@example.test").exists()


# --- Known and unknown addresses get equal answers -------------------------------------------------------


def plain(page):
    """A page without what differs from one request to the next."""
    page = re.sub(r'(nonce|value|X-CSRFToken)(=|": )"[^"]*"', "", page)
    return page.replace("bob@example.test", "…").replace("nobody@example.test", "…")


def test_sign_up_with_a_known_address_looks_the_same_and_tells_its_owner(bob, mailbox):
    pages = []
    for address in ("bob@example.test", "nobody@example.test"):
        client = Client()
        answer = sign_up(client, address)
        pages.append(
            (
                answer.status_code,
                answer.headers["Location"],
                plain(client.get("/accounts/confirm-email/").content.decode()),
            )
        )
    assert pages[0] == pages[1]
    to_bob = mailbox.get(recipient="bob@example.test")
    assert "account" in to_bob.body
    assert User.objects.filter(email="bob@example.test").count() == 1


def test_a_reset_for_an_unknown_address_looks_the_same(bob, mailbox):
    pages = []
    for address in ("bob@example.test", "nobody@example.test"):
        client = Client()
        answer = client.post("/accounts/password/reset/", {"email": address})
        pages.append(
            (
                answer.status_code,
                answer.headers["Location"],
                plain(client.get(answer.headers["Location"]).content.decode()),
            )
        )
    assert pages[0] == pages[1]


def test_a_wrong_password_and_an_unknown_address_get_the_same_words(bob):
    pages = []
    for address in ("bob@example.test", "nobody@example.test"):
        answer = Client().post("/accounts/login/", {"login": address, "password": "wrong"})
        pages.append((answer.status_code, plain(answer.content.decode())))
    assert pages[0] == pages[1]


# --- Log-in, log-out, reset --------------------------------------------------------------------------------


def test_log_in_leads_each_to_their_own_first_page(client, alice, bob, charlie):
    for person, place in ((alice, "/batches/"), (bob, "/work/"), (charlie, "/start/")):
        answer = client.post("/accounts/login/", {"login": person.email.upper(), "password": PASSWORD})
        assert answer.headers["Location"] == place
        assert client.get("/").headers["Location"] == place
        assert client.post("/accounts/logout/").headers["Location"] == "/"


def test_log_in_goes_back_to_the_page_that_asked_for_it_and_to_no_other_site(client, bob):
    asked = client.get("/me/").headers["Location"]
    assert asked == "/accounts/login/?next=%2Fme%2F"
    answer = client.post("/accounts/login/", {"login": bob.email, "password": PASSWORD, "next": "/me/"})
    assert answer.headers["Location"] == "/me/"
    client.post("/accounts/logout/")
    answer = client.post(
        "/accounts/login/", {"login": bob.email, "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer.headers["Location"] == "/work/"


def test_who_was_deactivated_is_told_so_and_not_let_in(client, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    answer = client.post("/accounts/login/", {"login": bob.email, "password": PASSWORD})
    assert client.get("/me/").status_code == 302
    assert answer.status_code in (200, 302)


def test_a_forgotten_password_is_set_anew_by_mail(client, bob, mailbox):
    client.post("/accounts/password/reset/", {"email": bob.email})
    link = re.search(r"https?://[^/]+(/\S+reset/key/\S+)", mailbox.get().body)[1]
    form = client.get(link, follow=True)
    answer = client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    assert answer.status_code == 302
    assert Client().post("/accounts/login/", {"login": bob.email, "password": PASSWORD}).status_code == 200
    assert Client().post("/accounts/login/", {"login": bob.email, "password": NEW}).status_code == 302
    assert client.get(link, follow=True).redirect_chain == []  # a link works once


def test_a_changed_password_is_told_by_mail(bob, mailbox):
    client = log_in(bob)
    answer = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    )
    assert answer.status_code == 302
    assert mailbox.get().recipient == bob.email


def test_a_new_address_counts_once_it_is_confirmed(bob, mailbox):
    client = log_in(bob)
    client.post("/accounts/email/", {"email": "bob2@example.test", "action_add": ""})
    bob.refresh_from_db()
    assert bob.email == "bob@example.test"
    letter = mailbox.get(recipient="bob2@example.test")
    client.post("/accounts/confirm-email/", {"code": code_in(letter)})
    bob.refresh_from_db()
    assert bob.email == "bob2@example.test"


def test_when_the_mail_server_is_away_the_page_says_so(client, settings):
    settings.EMAIL_BACKEND = "tests.integration.test_delivery.Broken"
    answer = sign_up(client, "new@example.test")
    assert answer.status_code == 503
    assert "could not send you the mail" in answer.content.decode()


# --- Second factor -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)  # the library tells of the new device after commit
def test_a_moderator_sets_up_the_app_with_recovery_codes_and_gets_in(mailbox):
    dana = make_person("dana", is_moderator=True)
    client = Client()
    client.post("/accounts/login/", {"login": dana.email, "password": PASSWORD})
    asked = client.get("/console/", follow=True)
    again = asked.redirect_chain[-1][0]  # the password once more, since safety itself is about to change
    assert again == "/accounts/reauthenticate/?next=%2Faccounts%2F2fa%2Ftotp%2Factivate%2F"
    page = client.post(again, {"password": PASSWORD}, follow=True)
    secret = re.search(r'id="secret"[^>]*value="([A-Z2-7]+)"', page.content.decode())[1]
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert wrong.status_code == 200
    done = client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})
    assert done.status_code == 302
    assert client.get("/console/").status_code == 200
    codes = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert "codes" in codes
    assert mailbox.filter(recipient=dana.email).exists()


def test_log_in_asks_for_the_second_factor_and_takes_a_recovery_code_once():
    dana = make_person("dana", is_moderator=True)
    secret = give_second_factor(dana)
    codes = dana.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()

    def attempt(code):
        client = Client()
        client.post("/accounts/login/", {"login": dana.email, "password": PASSWORD})
        assert client.get("/console/").status_code == 404  # the password alone is nobody yet
        client.post("/accounts/2fa/authenticate/", {"code": code})
        return client.get("/console/").status_code

    assert attempt("000000") == 404
    assert attempt(codes[0]) == 200
    assert attempt(codes[0]) == 404
    assert attempt(totp_code(secret)) == 200


def test_who_takes_the_app_away_is_out_of_the_console_at_once(dana):
    client = log_in(dana)
    assert client.get("/console/").status_code == 200
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert client.get("/console/").headers["Location"] == "/accounts/2fa/totp/activate/"


def test_a_session_confirms_the_second_factor_where_it_is_asked():
    dana = make_person("dana", is_moderator=True)
    secret = give_second_factor(dana)
    client = log_in(dana, second_factor=False)
    asked = client.get("/console/").headers["Location"]
    answer = client.post(asked, {"code": totp_code(secret)})
    assert answer.headers["Location"] == "/console/"
    assert client.get("/console/").status_code == 200


# --- Rate limits -----------------------------------------------------------------------------------------------


@pytest.fixture
def limits(settings):
    """The limits as they are outside tests."""
    settings.ACCOUNT_RATE_LIMITS = {}


def test_guessing_a_password_is_stopped(limits, bob):
    client = Client()
    for _ in range(30):
        answer = client.post("/accounts/login/", {"login": bob.email, "password": "wrong"})
    assert client.post("/accounts/login/", {"login": bob.email, "password": PASSWORD}).status_code != 302
    assert answer.status_code in (200, 429)


@pytest.mark.parametrize("page", ["/accounts/signup/", "/accounts/password/reset/"])
def test_sign_up_and_reset_are_limited(limits, page):
    client = Client()
    answers = [
        client.post(page, {"email": f"n{number}@example.test", "password1": PASSWORD}).status_code
        for number in range(30)
    ]
    assert answers[0] == 302
    assert answers[-1] == 429


# --- One's own page -----------------------------------------------------------------------------------------------


def test_name_language_and_zone_are_changed_and_used_at_once(bob, client_of):
    client = client_of(bob)
    answer = client.post(
        "/me/", {"name": "  Bob   Martin ", "locale": "fr", "time_zone": "America/Martinique"}
    )
    assert answer.headers["Location"] == "/me/"
    bob.refresh_from_db()
    assert (bob.name, bob.locale, bob.time_zone) == ("Bob Martin", "fr", "America/Martinique")
    assert 'lang="fr"' in client.get("/me/").content.decode()


def test_what_cannot_be_is_refused_and_kept_on_the_page(bob, client_of):
    answer = client_of(bob).post("/me/", {"name": "B" * 81, "locale": "xx", "time_zone": "Mars/Base"})
    assert answer.status_code == 400
    assert "B" * 81 in answer.content.decode()


def test_the_buttons_at_the_foot_change_the_language_for_visitors_and_for_people(bob, client_of, client):
    client.post("/i18n/setlang/", {"language": "fr", "next": "/charter/"})
    assert 'lang="fr"' in client.get("/charter/").content.decode()
    mine = client_of(bob)
    mine.post("/i18n/setlang/", {"language": "fr", "next": "/me/"})
    bob.refresh_from_db()
    assert bob.locale == "fr"
    mine.post("/i18n/setlang/", {"language": "tlh", "next": "/me/"})
    bob.refresh_from_db()
    assert bob.locale == "fr"
