"""The terms: versions, thirty days before a change, who agreed, and what stays open to who did not (charter M12)."""

import datetime as dt

import pytest
from django.db import IntegrityError, InternalError, transaction

from marketplace.base.errors import Invalid
from marketplace.base.models import Notice, OutboxEvent, User
from marketplace.base.texts import read
from marketplace.web import announce, terms
from marketplace.web.models import TermsAnswer, TermsVersion
from tasks.services import submissions
from tests import market
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
