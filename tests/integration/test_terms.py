"""The terms: versions, thirty days before a change, who agreed, and what stays open to who did not (charter M12)."""

import datetime as dt

import pytest
from django.db import IntegrityError, InternalError, transaction

from marketplace.base import duties
from marketplace.base.duties import TermsUnanswered
from marketplace.base.errors import Invalid
from marketplace.base.models import Notice, OutboxEvent, User
from marketplace.base.texts import read
from marketplace.web import announce, terms
from marketplace.web.models import TermsAnswer, TermsVersion
from tasks.models import Attempt, Import
from tasks.services import qualification_attempts, submissions
from tests import market, qualifying
from tests.api_client import DRAFT, Program
from tests.personas import log_in, make_worker
from tests.sources import ROOT

pytestmark = pytest.mark.django_db


REAL = ROOT / "marketplace" / "web" / "terms_texts"
FEE = "- You pay no fee. What you answer belongs to who posted it, once it is paid."
NEW = "- You pay no fee, ever. What you answer belongs to who posted it, once it is paid.\n- You rest on Sundays."


@pytest.fixture
def folder(tmp_path, settings):
    """A folder with the first version of the repository, which the deployment has published."""
    settings.TERMS_FOLDER = tmp_path
    for path in REAL.glob("2026-11.*.md"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert terms.publish_new() == []
    return tmp_path


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    terms._files.cache_clear()


@pytest.fixture
def second(folder):
    """A second version, published now."""
    first = (folder / "2026-11.en.md").read_text(encoding="utf-8")
    assert FEE in first
    write(folder, "2027-01.en.md", first.replace(FEE, NEW))
    assert terms.publish_new() == [2]
    return TermsVersion.objects.get(pk=2)


def tell():
    for event in OutboxEvent.objects.filter(kind="announce", done_at__isnull=True).order_by("pk"):
        announce.announce(event)


def test_M12_the_first_version_is_there_after_a_deployment_in_both_languages(client):
    first = TermsVersion.objects.get(pk=1)
    assert set(first.bodies) == {"en", "fr"}
    page = client.get("/terms/").content.decode()
    assert 'id="taxes"' in page
    assert all(name not in page for name in ("{fee}", "{operator}", "{cap}", "{#work}"))
    french = client.get("/terms/", headers={"Accept-Language": "fr"}).content.decode()
    assert "Si vous travaillez ici" in french


def test_M12_no_exclusivity_is_said_in_every_language():
    first = TermsVersion.objects.get(pk=1)
    assert "You may work for anybody else, also for our competitors" in first.bodies["en"]
    assert "Vous pouvez travailler pour n'importe qui d'autre" in first.bodies["fr"]


def test_M12_a_change_counts_thirty_days_after_it_was_published_and_not_before(second, clock, client):
    assert second.in_force_at - second.published_at >= dt.timedelta(days=30)
    assert terms.in_force().number == 1
    with pytest.raises(IntegrityError, match="terms_change_thirty_days_before"), transaction.atomic():
        now = clock.now()
        TermsVersion.objects.create(
            number=3,
            slug="2027-02",
            bodies={},
            digest="x",
            published_at=now,
            in_force_at=now + dt.timedelta(days=29),
        )
    assert "New terms count from" in client.get("/terms/").content.decode()
    clock.forward(days=30, seconds=1)
    assert terms.in_force().number == 2
    page = client.get("/terms/").content.decode()
    assert "You rest on Sundays." in page


def test_M12_everybody_is_told_on_the_day_it_is_published_and_once(bob, alice, second, client):
    tell()
    tell()
    assert terms.publish_new() == []
    told = Notice.objects.filter(kind="terms_published")
    assert set(told.values_list("user_id", flat=True)) == {bob.pk, alice.pk}
    ((_notice, text),) = read(told.filter(user=bob))
    assert text.url == "/terms/2/changes/"
    page = client.get(text.url).content.decode()
    assert "<ins>You rest on Sundays.</ins>" in page and "<del>You pay no fee. What" in page
    assert "You choose what to do" not in page


def test_M12_many_people_are_told_in_pieces_that_go_on_where_they_stopped(second, bob, bea, ben, monkeypatch):
    monkeypatch.setattr(announce, "AT_ONCE", 2)
    User.objects.update(date_joined=second.published_at - dt.timedelta(days=1))
    tell()
    assert Notice.objects.filter(kind="terms_published").count() == 2
    tell()
    assert Notice.objects.filter(kind="terms_published").count() == 3


def test_M12_who_agreed_to_which_version_and_when_is_kept_and_only_grows(second, bob, clock):
    browser = log_in(bob)
    assert browser.post("/terms/agree/", {"number": "2", "agrees": "1"}).status_code == 302
    row = TermsAnswer.objects.get(user=bob)
    assert (row.version_id, row.agrees) == (2, True)
    bob.refresh_from_db()
    assert bob.terms_number == 2
    browser.post("/terms/agree/", {"number": "2", "agrees": "1"})
    assert TermsAnswer.objects.count() == 1
    browser.post("/terms/agree/", {"number": "2", "agrees": "0"})
    assert [each["agrees"] for each in terms.answers(bob)] == [True, False]
    with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
        TermsAnswer.objects.all().delete()
    with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
        TermsVersion.objects.filter(pk=2).update(bodies={"en": "Another text."})
    clock.forward(days=31)
    assert browser.get("/work/")["Location"] == "/terms/agree/"


def test_M12_who_does_not_agree_takes_no_new_work_and_keeps_everything_else(
    second, bob, alice, atelier, clock
):
    batch = market.open_batch(atelier, alice, rows=3)
    browser = log_in(bob)
    assert browser.get("/work/").status_code == 200
    clock.forward(days=30, seconds=-1)
    held = market.claimed(bob, batch)
    clock.forward(seconds=2)
    assert browser.get(f"/work/assignments/{held.public_id}/").status_code == 200
    for answered in (False, True):
        if answered:
            browser.post("/terms/agree/", {"number": "2", "agrees": "0"})
        assert browser.get("/work/")["Location"] == "/terms/agree/"
        assert browser.post(f"/work/batches/{batch.public_id}/claim/").status_code == 302
        for path in (
            "/work/earnings/",
            "/work/history/",
            "/me/data/",
            "/me/",
            "/me/decisions/",
            "/terms/1/",
        ):
            assert browser.get(path).status_code == 200, path
    assert "You said no" in browser.get("/terms/agree/").content.decode()
    submissions.submit(assignment=held, worker=bob, answer={"same": "1"})
    browser.post("/terms/agree/", {"number": "2", "agrees": "1"})
    assert browser.get("/work/").status_code == 200


@pytest.fixture
def owing(second, bob, alice, clock):
    """The second version counts, and neither Bob nor Alice has answered."""
    clock.forward(days=31)
    return second


def refused(call):
    with pytest.raises(TermsUnanswered) as found:
        call()
    assert "/terms/agree/" in found.value.message
    return found.value


@pytest.fixture
def begun(second, bob, bea, alice, atelier, clock):
    """As above, with what was begun before: a task in hand, an answer, a draft, rows that wait for their price."""
    clock.forward(days=30, seconds=-10)
    batch = market.open_batch(atelier, alice, rows=9)
    held, done = market.claimed(bob, batch), market.submitted(bob, batch)
    draft = market.draft(atelier, alice)
    source = Import.objects.create(
        batch=batch, created_by=alice, state=Import.State.NEEDS_FUNDS, good=2, size=1, format="csv"
    )
    market.add_rows(batch, 2, source=source)
    clock.forward(seconds=20)
    return batch, held, done, draft, source


def test_M12_a_key_takes_no_new_task_and_submits_what_is_in_hand(begun, bob):
    batch, held, _done, _draft, _source = begun
    program = Program(bob, "work")
    answer = program.post("/work/claims/", {"batch": batch.public_id}, 403)
    assert answer["code"] == "terms_unanswered" and "/terms/agree/" in answer["detail"]
    board = program.get("/work/")
    assert board["available"] == [] and [each["code"] for each in board["blocked"]] == ["terms_unanswered"]
    path = f"/work/assignments/{held.public_id}/"
    assert program.get(path)["state"] == "claimed"
    step = program.post(f"{path}submit/", {"answer": {"same": "1"}, "next": True})
    assert (step["state"], step["next"]) == ("submitted", None)
    assert step["next_refused"]["code"] == "terms_unanswered"
    assert program.get("/work/earnings/")["pending"] == "1.30"
    terms.answer(user=bob, version=TermsVersion.objects.get(pk=2), agrees=True)
    program.post("/work/claims/", {"batch": batch.public_id}, 201)
    assert len(program.get("/work/")["available"]) == 1


def test_M12_a_session_meets_the_same_at_the_interface(begun, bob):
    batch = begun[0]
    answer = log_in(bob).post(
        "/api/v1/work/claims/", {"batch": batch.public_id}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "terms_unanswered")


def test_M12_a_key_posts_nothing_new_and_reads_reviews_and_exports_on(begun, alice, atelier):
    batch, _held, done, draft, source = begun
    program = Program(alice, "read", "write", "funds", organisation=atelier)
    for path, body in (
        ("/batches/", DRAFT),
        (f"/batches/{draft.public_id}/publish/", None),
        (f"/imports/{source.public_id}/fund/", None),
    ):
        assert program.post(path, body, 403)["code"] == "terms_unanswered", path
    for path in (
        "/batches/",
        f"/batches/{batch.public_id}/",
        f"/batches/{batch.public_id}/submissions/",
        "/funds/",
    ):
        program.get(path)
    program.post(f"/submissions/{done.public_id}/approve/")
    program.get(f"/batches/{batch.public_id}/results/", format="jsonl")
    program.post(f"/batches/{batch.public_id}/pause/"), program.post(f"/batches/{batch.public_id}/resume/")
    program.post(f"/batches/{batch.public_id}/close/")
    terms.answer(user=alice, version=TermsVersion.objects.get(pk=2), agrees=True)
    program.post(f"/batches/{draft.public_id}/publish/")


def test_M12_a_requester_reads_and_reviews_in_the_browser_and_is_led_to_the_question_for_new_work(
    begun, alice, bob
):
    batch, _held, done, draft, source = begun
    browser = log_in(alice)
    submissions_page = f"/batches/{batch.public_id}/submissions/"
    for path in ("/batches/", f"/batches/{batch.public_id}/", submissions_page, "/funds/", "/messages/"):
        assert browser.get(path).status_code == 200, path
    assert browser.post(f"{submissions_page}approve/", {"chosen": [done.public_id]}).status_code == 302
    assert browser.get(f"/batches/{batch.public_id}/results/").status_code == 200
    for method, path in (
        ("get", "/batches/new/"),
        ("post", f"/batches/{batch.public_id}/duplicate/"),
        ("post", f"/batches/{draft.public_id}/publish/"),
    ):
        answer = getattr(browser, method)(path, {"reviewed": "yes"})
        assert (answer.status_code, answer["Location"]) == (302, "/terms/agree/"), path
    assert b"/terms/agree/" in browser.post(f"/imports/{source.public_id}/fund/").content
    draft.refresh_from_db()
    assert draft.state == "draft"
    browser.post("/terms/agree/", {"number": "2", "agrees": "0"})
    said_no = browser.get("/terms/agree/").content.decode()
    assert "What you posted, with its answers, results and money" in said_no


def test_M12_no_test_is_begun_and_one_that_was_begun_is_finished(second, bob, alice, atelier, clock):
    clock.forward(days=29)
    given = qualifying.qualification(atelier, alice)
    test = qualifying.open_test(given, atelier, alice)
    other = qualifying.open_test(qualifying.qualification(atelier, alice, name="Other"), atelier, alice)
    attempt = qualification_attempts.begin(worker=bob, batch=test.batch)
    clock.forward(days=2)
    refused(lambda: qualification_attempts.begin(worker=bob, batch=other.batch))
    assert Program(bob, "work").post(f"/work/tests/{other.batch.public_id}/begin/", None, 403)["code"] == (
        "terms_unanswered"
    )
    browser = log_in(bob)
    browser.post(f"/work/qualifications/tests/{other.batch.public_id}/begin/")
    assert not Attempt.objects.filter(test=other).exists()
    row = market.claimed(bob, test.batch)
    done = submissions.submit(assignment=row, worker=bob, answer={"same": "1"}, next=True)
    assert done.next is not None and attempt.finished_at is None


def test_M12_a_task_that_ran_out_is_theirs_to_finish(begun, bob, clock):
    _batch, held, *_rest = begun
    clock.forward(seconds=held.batch.time_limit_seconds + 1)
    done = submissions.submit(assignment=held, worker=bob, answer={"same": "1"}, next=True)
    assert done.state == "submitted" and done.next is None
    assert done.next_refused.code == "terms_unanswered"


def test_M12_who_agreed_is_asked_nothing_and_a_claim_costs_no_query_more(
    begun, bob, django_assert_num_queries
):
    terms.answer(user=bob, version=TermsVersion.objects.get(pk=2), agrees=True)
    with django_assert_num_queries(0):
        assert duties.owed(bob) is None


def test_M12_old_versions_stay_readable_word_for_word(second, folder, client, settings, clock):
    settings.PAYOUT_MINIMUM_EUR = 77
    write(folder, "2026-11.en.md", "# Terms\n\n## Else {#else}\n\nSomething else.\n")
    page = client.get("/terms/1/").content.decode()
    assert "You choose what to do" in page and "€5.00" in page
    assert "€77" not in page and "Something else." not in page
    assert client.get("/terms/9/").status_code == 404
    assert client.get("/terms/1/changes/").status_code == 404


def test_M12_whoever_signs_up_agrees_to_what_is_published_that_day(second, client, mailbox):
    answer = client.post(
        "/accounts/signup/", {"email": "new@example.test", "password1": "a long password, 42"}
    )
    assert answer.status_code == 302
    person = User.objects.get(email="new@example.test")
    assert [row["version"] for row in terms.answers(person)] == [
        TermsVersion.objects.get(pk=1).slug,
        "2027-01",
    ]
    assert person.terms_number == 2


def test_M12_a_published_file_that_was_changed_is_found(folder, second):
    assert "2027-01" not in terms.changed_files()
    write(folder, "2027-01.en.md", "# Terms\n\n## Else {#else}\n\nSomething else.\n")
    assert "2027-01" in terms.changed_files()


def test_a_version_needs_english_words_and_comes_after_the_last(folder, second):
    write(folder, "2027-03.fr.md", "# Conditions\n\n## Ici {#ici}\n\nBonjour.\n")
    with pytest.raises(Invalid):
        terms.publish_new()


def test_people_of_the_first_version_are_asked_nothing_and_it_costs_them_no_query(django_assert_num_queries):
    person = make_worker("zoe")
    assert person.terms_number == 1 >= terms.newest()
    with django_assert_num_queries(0):
        assert person.terms_number >= terms.newest()
