"""Requesters are rated on pay, clarity and fairness by those they paid, and by nobody else (charter M11, ILO 9)."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from marketplace.base import clock as house_clock
from marketplace.base import ids
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import AuditEvent, Notice
from marketplace.base.texts import read
from tasks.errors import ConflictOfInterest, IllegalMove, TooLate
from tasks.models import Objection, Rating
from tasks.selectors import board
from tasks.selectors import ratings as shown
from tasks.services import objections, ratings
from tests import market, voice
from tests.personas import make_organisation, make_person, make_worker

pytestmark = pytest.mark.django_db
MARKS = [(5, 4, 3), (4, 4, 3), (3, 4, 3), (5, 2, 3), (3, 1, 3)]


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=30)


@pytest.fixture
def five(batch, alice, clock):
    """Five ratings with words, shown."""
    people = voice.raters(batch, alice, MARKS, "They explain well.")
    assert voice.show(clock) == 5
    return people


def rate(worker, organisation, **given):
    return ratings.rate(
        worker=worker, organisation=organisation, **{"pay": 4, "clarity": 3, "fairness": 5, **given}
    )


def told(user, kind):
    return [" ".join(text.lines) for _row, text in read(Notice.objects.filter(user=user, kind=kind))]


# --- who may ------------------------------------------------------------------------------------------------


def test_M11_only_who_was_paid_by_the_requester_rates_it(batch, atelier, alice, bob, bea):
    market.submitted(bob, batch)
    with pytest.raises(Forbidden):
        rate(bob, atelier)
    voice.paid(bea, batch, alice)
    assert rate(bea, atelier).worker == bea
    assert Rating.objects.count() == 1


def test_M11_the_database_refuses_a_rating_without_a_paid_answer_of_that_worker_for_that_requester(
    batch, atelier, alice, bob, bea
):
    waiting, paid = market.submitted(bob, batch), voice.paid(bea, batch, alice)
    other = make_organisation("Other", owner=make_person("olga"))
    given = {"half_year": 20262, "pay": 1, "clarity": 1, "fairness": 1}
    for organisation, worker, answer in ((atelier, bob, waiting), (atelier, bob, paid), (other, bea, paid)):
        with pytest.raises(IntegrityError, match="who was paid"), transaction.atomic():
            Rating.objects.create(organisation=organisation, worker=worker, assignment=answer, **given)
    with pytest.raises(IntegrityError, match="rating_marks_from_one_to_five"), transaction.atomic():
        Rating.objects.create(organisation=atelier, worker=bea, assignment=paid, **given | {"pay": 6})


def test_a_rating_is_one_in_half_a_year_and_can_be_changed_and_taken_back_until_it_is_shown(
    batch, atelier, alice, bob
):
    voice.paid(bob, batch, alice)
    first = rate(bob, atelier, words="Fine.")
    again = rate(bob, atelier, pay=1, words="Not so fine.")
    assert (again.pk, again.pay, again.words) == (first.pk, 1, "Not so fine.")
    with pytest.raises(IntegrityError, match="rating_once_in_half_a_year"), transaction.atomic():
        Rating.objects.create(
            organisation=atelier, worker=bob, assignment=again.assignment, half_year=again.half_year,
            pay=1, clarity=1, fairness=1,
        )  # fmt: skip
    ratings.take_back(rating=again, worker=bob)
    assert not Rating.objects.exists()


@pytest.mark.parametrize("wrong", [{"pay": 0}, {"clarity": 6}, {"fairness": 99}, {"words": "x" * 1001}])
def test_marks_are_one_to_five_and_words_are_short(batch, atelier, alice, bob, wrong):
    voice.paid(bob, batch, alice)
    with pytest.raises(Invalid):
        rate(bob, atelier, **wrong)


def test_the_half_year_is_that_of_the_books():
    paris = dt.timezone(dt.timedelta(hours=2))
    assert ratings.half_year(dt.datetime(2026, 7, 1, 0, 30, tzinfo=paris)) == 20262
    assert ratings.half_year(dt.datetime(2026, 6, 30, 23, 30, tzinfo=paris)) == 20261


# --- shown in sets ------------------------------------------------------------------------------------------


def test_M11_nothing_is_shown_under_five_raters_and_then_a_set_on_the_first_of_a_month(
    batch, atelier, alice, clock
):
    voice.raters(batch, alice, MARKS[:4])
    assert voice.show(clock) == 0
    assert shown.page(atelier).marks is None and shown.figures([atelier.pk]) == {}
    fifth = make_worker("fifth")
    voice.paid(fifth, batch, alice)
    rate(fifth, atelier, pay=3, clarity=1, fairness=3)
    assert ratings.show_due() == 0  # written today: it can still be changed
    assert voice.show(clock) == 5
    dates = set(Rating.objects.values_list("shown_in", flat=True))
    assert dates == {house_clock.today().replace(day=1)}
    marks = shown.figures([atelier.pk])[atelier.pk]
    assert (marks.raters, marks.pay, marks.clarity, marks.fairness) == (5, 4.0, 3.0, 3.0)


def test_the_distribution_and_the_means_are_of_the_latest_rating_of_each(five, batch, atelier, alice, clock):
    clock.forward(days=200)
    for person in five:
        voice.paid(person, batch, alice)
        rate(person, atelier, pay=1, clarity=5, fairness=5)
    assert voice.show(clock) == 5
    page = shown.page(atelier)
    assert (page.marks.raters, page.marks.pay, page.marks.clarity) == (5, 1.0, 5.0)
    assert page.spread[0][1] == [(5, 0, 0), (4, 0, 0), (3, 0, 0), (2, 0, 0), (1, 5, 100)]
    assert [(half.raters, half.pay) for _name, half in page.trend] == [(5, 1.0), (5, 4.0)]


def test_M11_what_is_shown_is_changed_or_deleted_by_nobody(five, atelier):
    rating = Rating.objects.first()
    with pytest.raises(IllegalMove):
        ratings_of = rating.worker
        house_half = rating.half_year
        Rating.objects.filter(pk=rating.pk).update(half_year=house_half)
        rating_now = ratings.half_year(house_clock.now())
        assert rating_now != 0
        _rate_in_the_same_half_year(ratings_of, atelier, rating)
    with pytest.raises(Lost):
        ratings.take_back(rating=rating, worker=rating.worker)
    for change in ({"pay": 1}, {"words": "Lovely."}, {"shown_in": None}):
        with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
            Rating.objects.filter(pk=rating.pk).update(**change)
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        rating.delete()
    Rating.objects.filter(pk=rating.pk).update(words="")  # as an erasure does: words go, numbers stay
    assert shown.figures([atelier.pk])[atelier.pk].raters == 5


def _rate_in_the_same_half_year(worker, organisation, rating):
    """As if the half year were still that of the rating."""
    real = ratings.half_year
    ratings.half_year = lambda _moment: rating.half_year
    try:
        rate(worker, organisation)
    finally:
        ratings.half_year = real


def test_M11_no_page_says_who_wrote_a_rating_or_when(five, client_of, atelier, alice, bob, batch):
    voice.paid(bob, batch, alice)
    for person, address in (
        (alice, reverse("ratings")),
        (bob, reverse("requester-ratings", args=[atelier.public_id])),
    ):
        page = client_of(person).get(address).content.decode()
        assert page.count("They explain well.") == 5
        for rater in five:
            assert ids.worker_seen_by(rater.pk, atelier.pk) not in page
            assert rater.public_id not in page and rater.name not in page
        days = {row.written_at.strftime("%d %B") for row in Rating.objects.all()}
        assert not any(day in page for day in days)


def test_ratings_stand_on_the_batch_and_on_its_card_and_in_rest(five, client_of, bob, batch):
    client = client_of(bob)
    assert (
        "Rated by 5 people, of 5: pay 4.0, clarity 3.0, fairness 3.0"
        in client.get(reverse("board")).content.decode()
    )
    assert (
        "By 5 people who were paid by them."
        in client.get(reverse("work-batch", args=[batch.public_id])).content.decode()
    )
    row = client.get("/api/v1/work/").json()["available"][0]
    assert row["ratings"] == {"raters": 5, "pay": 4.0, "clarity": 3.0, "fairness": 3.0}


def test_M11_M8_ratings_order_and_close_nothing(five, atelier, alice, bob):
    others = make_organisation("Zebra", owner=make_person("zoe"))
    zoe = others.memberships.get().user
    market.open_batch(others, zoe, rows=3)
    before = [offer.batch.pk for offer in board.board(bob).offers]
    Rating.objects.all()  # the worst rated stands where its pay puts it
    assert before == [offer.batch.pk for offer in board.board(bob).offers] and len(before) == 2


# --- the requester answers ----------------------------------------------------------------------------------


def test_M11_the_requester_answers_each_rating_once_and_its_author_is_told(five, alice, client_of):
    rating = Rating.objects.order_by("pk").first()
    address = reverse("rating-answer", args=[rating.public_id])
    assert client_of(alice).post(address, {"text": ""}).status_code == 400
    assert client_of(alice).post(address, {"text": "We raised the price."}).status_code == 302
    with pytest.raises(IllegalMove):
        ratings.answer(rating=rating, actor=alice, text="And again.")
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        Rating.objects.filter(pk=rating.pk).update(answer="Never mind.")
    assert "We raised the price." in told(rating.worker, "rating_answered")[0]


def test_who_only_reads_or_is_a_stranger_answers_nothing(five, vera, charlie, client_of):
    address = reverse("rating-answer", args=[Rating.objects.first().public_id])
    assert client_of(vera).post(address, {"text": "Thanks."}).status_code == 403
    assert client_of(charlie).post(address, {"text": "Thanks."}).status_code in (302, 404)
    assert not Rating.objects.exclude(answer="").exists()


# --- objections ---------------------------------------------------------------------------------------------


def objected(alice, reason="insult"):
    rating = Rating.objects.order_by("pk").first()
    return objections.object_to(actor=alice, side="requester", reason=reason, rating=rating)


def test_M11_an_objection_names_a_reason_from_the_list_and_changes_nothing_by_itself(five, alice, client_of):
    rating = Rating.objects.order_by("pk").first()
    address = reverse("rating-object", args=[rating.public_id])
    assert client_of(alice).post(address, {"reason": "we do not agree"}).status_code == 400
    assert client_of(alice).post(address, {"reason": "not_the_work"}).status_code == 302
    assert shown.figures([rating.organisation_id])[rating.organisation_id].raters == 5
    with pytest.raises(IllegalMove):
        objections.object_to(actor=alice, side="requester", reason="insult", rating=rating)
    with pytest.raises(IntegrityError, match="objection_reason_from_the_list"), transaction.atomic():
        Objection.objects.filter(rating=rating).update(reason="personal_data")


def test_M11_a_rating_is_hidden_only_by_the_decision_of_a_named_moderator_with_reasons(
    five, alice, dana, atelier
):
    case = objected(alice)
    with pytest.raises(IntegrityError, match="without a decision"), transaction.atomic():
        Rating.objects.filter(pk=case.rating_id).update(hidden="all")
    with pytest.raises(Forbidden):
        objections.decide(objection=case, moderator=alice, outcome="hidden", statement="It hurts.")
    with pytest.raises(Invalid):
        objections.decide(objection=case, moderator=dana, outcome="hidden", statement=" ")
    objections.decide(objection=case, moderator=dana, outcome="hidden", statement="It calls somebody names.")
    rating = Rating.objects.get(pk=case.rating_id)
    assert rating.hidden == "all"
    assert shown.page(atelier).marks is None  # four are left
    assert "It calls somebody names." in told(rating.worker, "objection_decided")[0]
    assert "It calls somebody names." in told(alice, "objection_decided")[0]
    assert AuditEvent.objects.filter(tag="tasks:objection:hidden", actor_id=dana.pk).exists()
    with pytest.raises(IntegrityError, match="named_person_with_a_reason"), transaction.atomic():
        Objection.objects.create(
            rating=Rating.objects.last(), side="requester", reason="insult", made_by=alice, outcome="hidden",
            decide_by=house_clock.now(),
        )  # fmt: skip


def test_the_words_alone_can_go_and_the_marks_stay(five, alice, dana, atelier):
    case = objected(alice, "names_person")
    objections.decide(objection=case, moderator=dana, outcome="words", statement="It names a colleague.")
    page = shown.page(atelier)
    assert page.marks.raters == 5 and len(page.said) == 4


def test_M11_the_author_complains_and_another_moderator_decides_for_good(five, alice, dana, dora, client_of):
    case = objected(alice)
    objections.decide(objection=case, moderator=dana, outcome="hidden", statement="Too rough.")
    case.refresh_from_db()
    author = case.rating.worker
    page = client_of(author).get(reverse("objection", args=[case.public_id])).content.decode()
    assert "Too rough." in page and "If you do not agree" in page
    assert (
        "If you do not agree"
        not in client_of(alice).get(reverse("objection", args=[case.public_id])).content.decode()
    )
    answer = client_of(author).post(
        reverse("objection", args=[case.public_id]), {"text": "It is what happened."}
    )
    assert answer.status_code == 302
    case.refresh_from_db()
    with pytest.raises(ConflictOfInterest):
        objections.decide_complaint(objection=case, moderator=dana, outcome="stays", statement="x")
    objections.decide_complaint(
        objection=case, moderator=dora, outcome="stays", statement="Rough, and about the work."
    )
    assert Rating.objects.get(pk=case.rating_id).hidden == ""
    assert "Rough, and about the work." in told(author, "objection_complained")[0]
    with pytest.raises(DatabaseError, match="a decision is not changed"), transaction.atomic():
        Objection.objects.filter(pk=case.pk).update(last_statement="Something else.")
    with pytest.raises(Forbidden):
        objections.complain(objection=Objection.objects.get(pk=case.pk), actor=author, text="Again.")


def test_a_complaint_comes_within_six_months(five, alice, dana, clock):
    case = objected(alice)
    objections.decide(objection=case, moderator=dana, outcome="stays", statement="It is about the work.")
    case.refresh_from_db()
    assert objections.may_complain(case, alice) and not objections.may_complain(case, case.rating.worker)
    clock.forward(days=184)
    with pytest.raises(TooLate):
        objections.complain(objection=case, actor=alice, text="No.")


def test_who_is_part_of_it_does_not_decide(five, alice, dana, atelier):
    case = objected(alice)
    atelier.memberships.create(user=dana, role="viewer")
    with pytest.raises(ConflictOfInterest):
        objections.decide(objection=case, moderator=dana, outcome="stays", statement="x")


def test_a_reader_reports_the_words_and_the_requester_has_no_part_in_it(five, bob, alice, dana, client_of):
    rating = Rating.objects.order_by("pk").first()
    answer = client_of(bob).post(
        reverse("rating-object", args=[rating.public_id]), {"reason": "names_person"}
    )
    case = Objection.objects.get()
    assert answer.status_code == 302 and case.side == "worker"
    assert client_of(alice).get(reverse("objection", args=[case.public_id])).status_code == 404
    objections.decide(objection=case, moderator=dana, outcome="words", statement="It names one.")
    assert client_of(rating.worker).get(reverse("objection", args=[case.public_id])).status_code == 200


# --- the pages ----------------------------------------------------------------------------------------------


def test_a_worker_rates_on_a_page_and_keeps_what_was_typed_when_a_mark_is_missing(
    batch, atelier, alice, bob, client_of
):
    voice.paid(bob, batch, alice)
    client, address = client_of(bob), reverse("my-rating", args=[atelier.public_id])
    assert "Rate them" in client.get(reverse("my-ratings")).content.decode()
    again = client.post(address, {"pay": "4", "clarity": "4", "words": "Clear and kind."})
    assert again.status_code == 400 and "Clear and kind." in again.content.decode()
    assert (
        client.post(
            address, {"pay": "4", "clarity": "4", "fairness": "5", "words": "Clear and kind."}
        ).status_code
        == 302
    )
    rating = Rating.objects.get()
    assert (rating.pay, rating.words) == (4, "Clear and kind.")
    page = client.get(reverse("my-ratings")).content.decode()
    assert "not shown yet" in page
    client.post(reverse("my-rating-back", args=[rating.public_id]))
    assert not Rating.objects.exists()


def test_who_was_not_paid_finds_no_form(batch, atelier, bob, client_of):
    answer = client_of(bob).get(reverse("my-rating", args=[atelier.public_id]))
    assert answer.status_code == 302
    assert (
        client_of(bob).post(reverse("my-rating", args=[atelier.public_id]), {"pay": "1"}).status_code == 302
    )


def test_the_page_of_a_requester_who_posts_nothing_open_is_not_there_for_others(bob, client_of):
    quiet = make_organisation("Quiet", owner=make_person("quinn"))
    assert client_of(bob).get(reverse("requester-ratings", args=[quiet.public_id])).status_code == 404
