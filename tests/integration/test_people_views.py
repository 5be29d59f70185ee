"""Around every page: language, clock, refusals in words, and who may open it; without a query of its own."""

import datetime as dt

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from marketplace import urls as site
from marketplace.base import formats, ids, people
from marketplace.base.errors import Invalid, Lost, NotFound, SwitchedOff
from marketplace.base.views import (
    current_organisation,
    go,
    here,
    is_htmx,
    moderator_page,
    render,
    requester_page,
    signed_in,
    worker_page,
)
from tests.personas import join, log_in, make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/here/?a=1"}
NOON = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)


def raises(error):
    def view(request):
        raise error

    return view


def say(words):
    return lambda request: HttpResponse(words(request))


urlpatterns = [
    *site.urlpatterns,
    path("t/lost/", raises(Lost())),
    path("t/missing/", raises(NotFound())),
    path("t/off/", raises(SwitchedOff())),
    path("t/invalid/", raises(Invalid(fields={"name": ["Write a name."]}))),
    path("t/bug/", raises(ValueError("a bug"))),
    path("t/noon/", say(lambda request: f"{formats.hour(NOON)} {timezone.get_current_timezone_name()}")),
    path("t/in/", signed_in(say(lambda request: "in"))),
    path("t/work/", worker_page(say(lambda request: "work"))),
    path("t/post/", requester_page(say(lambda request: current_organisation(request).name))),
    path("t/moderate/", moderator_page(say(lambda request: "moderate"))),
    path("t/nothing/", say(lambda request: str(request.user.is_authenticated))),
    path(
        "t/page/",
        lambda request: render(
            request, "web/refusal.html", {"refusal": Lost()}, 409, fragment="web/_refusal.html"
        ),
    ),
]


# --- Refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "status", "words"), [
    ("lost", 409, "changed while you were looking"), ("off", 503, "Nothing is lost"), ("invalid", 400, "Write a name."),
])  # fmt: skip
def test_a_refusal_that_no_view_caught_is_a_page_that_says_what_to_do(client, name, status, words):
    answer = client.get(f"/t/{name}/")
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "Go back" in answer.content.decode()


def test_what_is_refused_as_missing_is_to_the_letter_what_a_wrong_address_gets(client):
    missing, wrong = (client.get(address).content.decode() for address in ("/t/missing/", "/t/wrong/"))
    assert (
        missing.partition("<h1>")[2].partition("</h1>")[0] == wrong.partition("<h1>")[2].partition("</h1>")[0]
    )
    assert client.get("/t/missing/").status_code == 404


def test_htmx_gets_the_sentence_alone_with_the_status(client):
    answer = client.get("/t/lost/", headers=HTMX)
    assert answer.status_code == 409
    assert "<html" not in answer.content.decode()
    assert "changed while you were looking" in answer.content.decode()


def test_a_bug_stays_a_bug(client):
    client.raise_request_exception = False
    assert client.get("/t/bug/").status_code == 500


# --- Pages and fragments ---------------------------------------------------------------------------------------


def test_the_same_address_serves_page_and_fragment_and_caches_know(client):
    page, fragment = client.get("/t/page/"), client.get("/t/page/", headers=HTMX)
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()
    assert "HX-Request" in page.headers["Vary"]
    assert (page.status_code, fragment.status_code) == (409, 422)  # htmx puts only 2xx and 422 in their place


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_boosted_link_and_a_restored_page_are_whole_pages(rf, header):
    assert is_htmx(rf.get("/", headers={"HX-Request": "true"}))
    assert not is_htmx(rf.get("/", headers={"HX-Request": "true", header: "true"}))


def test_the_whole_browser_goes_on_also_after_htmx(rf):
    assert go(rf.get("/"), "/x/").headers["Location"] == "/x/"
    sent = go(rf.get("/", headers=HTMX), "/x/")
    assert (sent.status_code, sent.headers["HX-Redirect"]) == (204, "/x/")


@pytest.mark.parametrize(("method", "headers", "expected"), [
    ("get", {}, "/p/?q=1"),
    ("get", HTMX, "/here/?a=1"),
    ("post", {"Referer": "http://testserver/form/"}, "/form/"),
    ("post", {"Referer": "http://evil.example/form/"}, "/"),
    ("post", {"Referer": "http://testserver.evil.example/"}, "/"),
    ("post", {}, "/"),
])  # fmt: skip
def test_one_comes_back_to_the_page_one_was_on_and_to_no_other_site(rf, method, headers, expected):
    assert here(getattr(rf, method)("/p/?q=1", headers=headers)) == expected


# --- Who may open a page -----------------------------------------------------------------------------------------


def test_each_page_asks_for_what_it_needs(client, charlie, bob, alice, dana):
    assert client.get("/t/in/").headers["Location"] == "/accounts/login/?next=%2Ft%2Fin%2F"
    assert client.get("/t/work/").headers["Location"] == "/accounts/login/?next=%2Ft%2Fwork%2F"
    assert log_in(charlie).get("/t/work/").headers["Location"] == "/work/profile/?next=%2Ft%2Fwork%2F"
    assert log_in(charlie).get("/t/post/").headers["Location"] == "/organisations/new/"
    assert log_in(bob).get("/t/work/").content == b"work"
    assert log_in(alice).get("/t/post/").content == b"Atelier Nord"
    assert log_in(dana).get("/t/moderate/").content == b"moderate"
    assert log_in(alice).get("/t/moderate/").status_code == 404
    assert client.get("/t/moderate/").status_code == 404


def test_the_console_asks_for_the_second_factor_itself_whatever_the_middleware_does(rf, dana):
    request = rf.get("/t/moderate/")
    request.user, request.session = dana, {}
    answer = moderator_page(say(lambda _request: "moderate"))(request)
    assert answer.headers["Location"] == "/accounts/2fa/reauthenticate/?next=%2Ft%2Fmoderate%2F"


def test_a_fragment_asked_for_after_log_out_sends_the_whole_browser_to_log_in(client):
    answer = client.get("/t/in/", headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Fhere%2F%3Fa%3D1"


def test_the_organisation_is_the_one_chosen_as_long_as_one_belongs_to_it(alice, bob):
    second = make_organisation("Second", owner=bob)
    client = log_in(alice)
    session = client.session
    session["organisation"] = second.pk
    session.save()
    assert client.get("/t/post/").content == b"Atelier Nord"  # not a member: the choice counts for nothing
    join(second, alice, "viewer")
    assert client.get("/t/post/").content == b"Second"


# --- Language and clock ---------------------------------------------------------------------------------------------


def test_times_are_those_of_the_persons_zone_and_leave_no_trace(bob, charlie):
    people.update(user=bob, name="Bob", locale="en", time_zone="America/Martinique")
    assert log_in(bob).get("/t/noon/").content == b"08:00 America/Martinique"
    assert log_in(charlie).get("/t/noon/").content == b"14:00 Europe/Paris"
    assert Client().get("/t/noon/").content == b"12:00 UTC"


def test_a_zone_that_no_longer_exists_breaks_no_page(bob):
    type(bob).objects.filter(pk=bob.pk).update(time_zone="Mars/Base")
    assert log_in(bob).get("/t/noon/").content == b"12:00 UTC"


def test_all_of_it_asks_the_database_for_the_session_and_the_person_only(
    bob, dana, django_assert_num_queries
):
    for person in (bob, dana):
        client = log_in(person)
        client.get("/t/nothing/")
        with django_assert_num_queries(2):
            client.get("/t/nothing/")
    with django_assert_num_queries(0):
        Client().get("/t/nothing/")


def test_ids_of_other_things_are_no_ids_of_people(dana, bob):
    wrong = ids.encode("org", bob.pk)
    assert log_in(dana).get(f"/console/people/{wrong}/").status_code == 404
