"""Letters that break a page, and errors that tell the log more than it may know."""

import logging

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.base import spreadsheet
from marketplace.base.views import here
from marketplace.logs import Line
from tasks.services import reviews
from tests import market


def logged(message="it_failed"):
    """The line of a log for the exception under way."""
    import sys

    return Line().format(logging.LogRecord("x", logging.ERROR, __file__, 1, message, (), sys.exc_info()))


def test_the_row_that_the_database_refused_stays_out_of_the_log(bob):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE base_user SET email = NULL WHERE id = %s", [bob.pk])
    except IntegrityError as error:
        line, shown = logged(), logged(f"raised unexpected: {error!r}")
    assert "bob@example.test" in str(error_of(bob)) or "Failing row" in str(error_of(bob))
    for text in (line, shown):
        assert "Failing row" not in text and "Bob" not in text
        assert "IntegrityError" in text and "violates not-null constraint" in text
        assert "Traceback (most recent call last)" in text


def error_of(person):
    """What the database says by itself: it quotes the row."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE base_user SET email = NULL WHERE id = %s", [person.pk])
    return refused.value


@pytest.mark.parametrize("number", ["²", "9" * 5000, "9" * 30, "", "-1"])
def test_an_invitation_that_is_none_is_not_there(alice, client_of, number):
    answer = client_of(alice).post("/team/invitations/revoke/", {"invitation": number})
    assert answer.status_code == 404


def test_a_zero_character_in_words_to_a_moderator_is_refused_with_a_sentence(atelier, alice, bob, client_of):
    submission = market.submitted(bob, market.open_batch(atelier, alice))
    reviews.contest(assignment=submission, actor=alice, reason="wrong_answer", evidence="See rule 2.")
    page = f"/work/history/{submission.public_id}/reply/"
    assert client_of(bob).post(page, {"text": "I am\x00 right."}).status_code == 400
    assert client_of(bob).post(page, {"text": "I am right."}).status_code == 302


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("\n=1+1", "'\n=1+1"),
        ("＝1+1", "'＝1+1"),
        ("－cmd", "'－cmd"),
        (
            "x;=1+1;y",
            "x;'=1+1;y",
        ),  # a spreadsheet set to French cuts a row at semicolons, whatever stands around them
        ("x; \t@SUM(A1)", "x; \t'@SUM(A1)"),
        ("x\t=1+1", "x\t'=1+1"),
        ("x;-cmd|' /C calc'!A0", "x;'-cmd|' /C calc'!A0"),
        ("3;-4", "3;-4"),
        ("so be it ;-)", "so be it ;-)"),
        ("first:\n- one\n- two", "first:\n- one\n- two"),
        ("a = b; c", "a = b; c"),
        ("-3.5", "-3.5"),
        (-3.5, -3.5),
    ],
)
def test_no_cell_becomes_a_formula_however_a_spreadsheet_cuts_the_line(cell, written):
    assert spreadsheet.safe(cell) == written


@pytest.mark.parametrize("name", ["HTTP_REFERER", "HTTP_HX_CURRENT_URL"])
def test_the_way_back_never_leads_to_another_host(rf, name):
    def way_back(address):
        return here(rf.post("/team/invite/", **{name: address}))

    assert way_back("http://testserver/team/?x=1") == "/team/?x=1"
    assert way_back("http://testserver//evil.example/") == "/evil.example/"
    assert way_back("http://testserver/\\evil.example/") == "/evil.example/"
    assert way_back("http://testserver.evil.example/") == "/"
