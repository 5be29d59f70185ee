"""A small market with one of everything, for the matrix of who may open what."""

import io
from typing import Any

from tests import centre_world, market
from tests.access import money
from tests.personas import join, make_organisation, make_person, make_worker

EUR = market.EUR


def build(alice: Any, atelier: Any, bob: Any, dana: Any, charlie: Any) -> dict[str, str]:
    """Public ids by the names that the rows of the matrix use.

    Everything of the requester's side belongs to `atelier` (Alice, Vera reads), everything of the worker's side to
    Bob. `invited` is an invitation for Charlie; `crowd` is a private batch in which nobody is yet, `link` its link.
    """
    from marketplace.base import ids, keys, teams
    from marketplace.base.models import Notice
    from payments.models import Payout
    from payments.services import deposits, help_fund

    found = {name: row.public_id for name, row in _work(alice, atelier, bob, dana).items()}
    payout = Payout.objects.create(user=bob, amount_micros=12 * EUR, gateway="simulated", asked_by="worker")
    deposit = deposits.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)
    key, _secret = keys.create(user=alice, organisation=atelier, name="export", scopes=["read"], days=30)
    invitation = teams.invite(organisation=atelier, actor=alice, email=charlie.email, role="viewer")
    notice = Notice.objects.create(user=bob, kind="payee_missing", key="matrix", data={})
    return found | {
        "file": _file_of(found["answer"]),
        "payout": payout.public_id,
        "grant": help_fund.ask(
            worker=bob, purpose="training", amount_micros=40 * EUR, words="A course."
        ).public_id,
        "deposit": deposit.public_id,
        "key": key.public_id,
        "invited": teams.token_of(invitation),
        "link": _link(atelier),
        "notice": ids.encode("ntc", notice.pk),
        "organisation": atelier.public_id,
        "wrk": ids.worker_seen_by(bob.pk, atelier.pk),
        "person": bob.public_id,
        "reset": "2-bad-key",
        **_told(bob),
        **_complained(bob, dana),
        "pair": _paired(bob),
        **money.books(atelier),
        **money.at_the_bank(),
        **money.billed(alice, atelier),
        **_certificate(bob),
        **_centre(alice, bob, dana),
        "export": _export(bob),
        **_qualified(alice, atelier, bob, dana),
        "opinion": _asked(found["dispute"], dana),
    }


def _complained(bob: Any, dana: Any) -> dict[str, str]:
    """A restriction of Bob that is over, with his complaint about it."""
    import datetime as dt

    from marketplace.base import clock
    from workers.models import Restriction
    from workers.services import complaints

    now = clock.now()
    row = Restriction.objects.create(
        user=bob, decided_by=dana, reason="A mix-up.", starts_at=now - dt.timedelta(days=3),
        ends_at=now - dt.timedelta(days=1),
    )  # fmt: skip
    made = complaints.complain(about="restriction", subject=row.public_id, user=bob, text="It was not me.")
    return {"restriction": row.public_id, "complaint": made.public_id}


def _paired(bob: Any) -> str:
    """Another account that is paid to the same bank account as Bob's, under another name."""
    from payments.models import PersonPair

    return PersonPair.objects.create(first=bob, second=make_worker("paired"), by_account=True).public_id


def _told(bob: Any) -> dict[str, str]:
    """The half-year whose figures are published, and the link of a mail to Bob that stops more of them."""
    from marketplace.base import mail
    from marketplace.web import transparency

    transparency.publish()
    edition = transparency.current()
    assert edition is not None
    return {"half_year": edition.period, "stop": mail.stop_token(bob, ["offers"])}


def _asked(dispute: str, dana: Any) -> str:
    """A question of Dana's about a dispute, which somebody else is to answer."""
    from marketplace.base import ids, opinions

    number = ids.decode("dis", dispute)
    return opinions.ask(kind="dis", number=number, moderator=dana, question="Is rule 3 meant?").public_id


def _export(person: Any) -> str:
    """A file with everything of a person, made and not fetched yet."""
    from marketplace.mydata import exporting

    row = exporting.ask(user=person)
    exporting.make(row.pk)
    row.refresh_from_db()
    return row.public_id


def _centre(alice: Any, bob: Any, dana: Any) -> dict[str, str]:
    """A work centre that Alice runs, with Bob as its member, a laptop and a path; another one that waits."""
    from workers.models import Qualification
    from workers.services import centre_members, training

    centre = centre_world.opened(alice, dana)
    centre_world.join(centre, alice, bob)
    centre_world.lend(centre, alice)
    held = Qualification.objects.create(name="A step", description="Of a path.", created_by=dana)
    said = {"description": "Step by step.", "opens": "", "qualifications": [held.public_id]}
    link = centre_members.make_link(centre=centre, actor=alice)
    return {
        "centre": centre.public_id,
        "asked_centre": centre_world.asked(alice, name="Not yet").public_id,
        "centre_link": centre_members.token_of(link),
        "centre_path": training.save(actor=alice, centre=centre, title="A path", **said).public_id,
        "general_path": training.save(actor=dana, centre=None, title="For all", **said).public_id,
    }


def _link(atelier: Any) -> str:
    from tasks.models import BatchLink
    from tasks.services import crowd_links

    return crowd_links.token_of(BatchLink.objects.get(batch__organisation=atelier))


def _crowd(alice: Any, atelier: Any) -> Any:
    """A private batch that people join by a link."""
    from tasks.services import batches, crowd_links

    draft = market.draft(atelier, alice, rows=2, audience="link")
    crowd_links.make_link(batch=draft, actor=alice)
    return batches.publish(batch=draft, actor=alice)


def _work(alice: Any, atelier: Any, bob: Any, dana: Any) -> dict[str, Any]:
    """Batches in each state, and an answer of Bob's in each."""
    from tasks.models import Dispute
    from tasks.services import batches, disputes, imports, reviews, templates

    live = market.open_batch(atelier, alice, rows=8, funds=2000, reward_micros=EUR, overlap=2)
    rows = {name: market.submitted(bob, live) for name in ("answer", "contested", "disputed", "rejected")}
    rows["task"] = market.claimed(bob, live)
    for name in ("contested", "disputed", "rejected"):
        reviews.contest(assignment=rows[name], actor=alice, reason="incomplete", evidence="Half of it.")
    for name in ("disputed", "rejected"):
        disputes.reply(assignment=rows[name], worker=bob, text="All of it.")
    refused = Dispute.objects.get(assignment=rows["rejected"])
    disputes.decide(dispute=refused, moderator=dana, outcome="reject", reason="Half of it.")
    draft = market.draft(atelier, alice, rows=2)
    upload = io.BytesIO(b"name\nLamp\nragged,too many\n")
    source = imports.start(batch=draft, actor=alice, upload=upload, filename="rows.csv")
    other = make_organisation("Newcomers", owner=make_person("olga"))
    market.fund(other)
    queued = batches.publish(
        batch=market.draft(other, other.memberships.get().user), actor=other.memberships.get().user
    )
    return {
        **rows,
        "live": live,
        "draft": draft,
        "crowd": _crowd(alice, atelier),
        "template": templates.keep(batch=draft, actor=alice, name="Ours"),
        "import": source,
        "queued": queued,
        "queued_rows": _queued_rows(alice, live),
        "report": _report(bob, live, make_person("mona")),
        "dispute": Dispute.objects.get(assignment=rows["disputed"]),
        "signal": _signal(bob, live, rows["answer"]),
        **_checks(alice, atelier, bob),
        **_voice(alice, bob, live),
        "chain": _chain(alice, atelier, live),
    }


def _chain(alice: Any, atelier: Any, live: Any) -> Any:
    """What passes the results of a batch on to a draft."""
    from tasks.services import chains

    target = market.draft(atelier, alice, rows=0)
    return chains.make(source=live, target=target, actor=alice, mapping={"name": "name"})


def _voice(alice: Any, bob: Any, live: Any) -> dict[str, Any]:
    """What Bob and Alice wrote to each other, reported by Bob; a question answered for all; and a rating of somebody
    else's that is shown, which Alice objected to."""
    from marketplace.base import clock
    from tasks.models import Rating
    from tasks.services import messages, objections, reviews
    from tests import voice

    mia = make_worker("mia")
    paid = market.submitted(mia, live)
    reviews.approve(batch=live, assignments=[paid.pk], actor=alice)
    rating = Rating.objects.create(
        organisation=live.organisation, worker=mia, assignment=paid, half_year=20261, pay=3, clarity=3, fairness=3,
        words="So so.", shown_in=clock.today().replace(day=1),
    )  # fmt: skip
    messages.send(batch=live, worker=bob, author=bob, text="Which side?")
    thread = messages.thread_of(live, bob.pk)
    voice.paid(bob, live, alice)
    return {
        "rating": rating,
        "own_rating": voice.rated(bob, live.organisation),
        "bqn": messages.publish(batch=live, actor=alice, question="Which side?", answer="The left one."),
        "objection": objections.object_to(actor=bob, side="worker", reason="insult", thread=thread),
    }


def _signal(bob: Any, live: Any, answer: Any) -> Any:
    """Something unusual about Bob's answers."""
    from tasks.models import Signal

    figures = {
        "answers": 12,
        "same": 12,
        "field": "same",
        "others_share": 0.1,
        "assignments": [answer.public_id],
    }
    moment = answer.submitted_at
    return Signal.objects.create(
        batch=live, worker=bob, kind="straight_line", evidence=figures, first_at=moment, last_at=moment
    )


def _checks(alice: Any, atelier: Any, bob: Any) -> dict[str, Any]:
    """A batch with check questions: one that Bob missed and doubts, and his pause, which a person is to look at."""
    from tasks.models import BatchPause, GoldScore
    from tasks.services import gold_contests, gold_pauses
    from tests import gold

    checked = gold.batch_with_checks(atelier, alice, rows=4, questions=5)
    rows = gold.answer_checks(bob, checked, gold.WRONG * 4)
    score = GoldScore.objects.get(pk=rows[0].pk)
    gold_contests.contest(score=score, worker=bob, text="It is blurred.")
    pause = gold_pauses.ask(pause=BatchPause.objects.get(), worker=bob, text="They are all blurred.")
    return {"checked": checked, "check": rows[0], "question": rows[0].task, "pause": pause}


def _qualified(alice: Any, atelier: Any, bob: Any, dana: Any) -> dict[str, str]:
    """A qualification with a test that Bob has passed and one that he is in the middle of, one of them as a draft; an
    award of his that was taken back and is contested; and one of the platform's."""
    from tasks.services import qualification_attempts, qualifications
    from tests import qualifying
    from workers.services import awards

    given = qualifying.qualification(atelier, alice, by_hand=True)
    passed = qualifying.take(bob, qualifying.open_test(given, atelier, alice, rows=1), "1")
    running = qualifying.open_test(
        qualifying.qualification(atelier, alice, name="Also this"),
        atelier,
        alice,
        rows=1,
        batch={"overlap": 3},
    )
    attempt = qualification_attempts.begin(worker=bob, batch=running.batch)
    lost = qualifying.take(
        bob,
        qualifying.open_test(qualifying.qualification(atelier, alice, name="Lost"), atelier, alice, rows=1),
        "1",
    ).award
    qualifications.revoke(award=lost, actor=alice, reason="A reason.")
    lost.refresh_from_db()
    awards.contest(award=lost, user=bob, text="It was mine.")
    general = qualifying.qualification(None, dana, name="Of the platform", by_hand=True)
    awards.grant(qualification=general, actor=dana, workers=[bob.pk], reason="A reason.")
    return {
        "given": given.public_id,
        "award": passed.award.public_id,
        "lost": lost.public_id,
        "test": running.batch.public_id,
        "attempt": attempt.public_id,
        "test_draft": qualifying.draft_test(given, atelier, alice, rows=1).batch.public_id,
        "general": general.public_id,
        "general_award": awards.held(bob.pk).get(qualification=general).public_id,
    }


def _certificate(bob: Any) -> dict[str, str]:
    """A certificate of Bob's, a qualification of his without one, and the key that signed."""
    from marketplace.base import clock
    from workers.models import Award, Qualification
    from workers.services import certificates

    held = [
        Award.objects.create(
            qualification=Qualification.objects.create(name=name, description="So.", created_by=bob),
            user=bob, score=0.9, granted_at=clock.now(),
        )
        for name in ("French", "Reading")
    ]  # fmt: skip
    made = certificates.issue(award=held[0], person=bob, name="Bob", shown=None)
    return {"certificate": str(made.pk), "certifiable": held[1].public_id, "signed_by": made.key_id}


def _file_of(answer: str) -> str:
    """A photo that this answer names."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from marketplace.base import ids
    from tasks.models import AnswerFile, Assignment

    rows = Assignment.objects.filter(pk=ids.decode("asg", answer))
    path = default_storage.save("answers/matrix.webp", ContentFile(b"RIFF"))
    file = AnswerFile.objects.create(assignment=rows.get(), kind="photo", path=path, size=4)
    rows.update(answer={"same": "1", "photo": file.public_id})
    return file.public_id


def strangers() -> dict[str, Any]:
    """Somebody on each side who has nothing to do with any of it: a requester, a worker, and one who is both."""
    rita, wes = make_person("rita"), make_worker("wes")
    make_organisation("Elsewhere", owner=rita)
    both = make_worker("noor")
    join(make_organisation("Nowhere", owner=make_person("omar")), both, "owner")
    return {"rita": rita, "wes": wes, "noor": both}


def _queued_rows(alice: Any, live: Any) -> Any:
    """Rows for an open batch that wait for a moderator."""
    from marketplace.base import clock
    from tasks.models import Import

    return Import.objects.create(
        batch=live, created_by=alice, state="screening", path="", filename="later.csv", format="csv", size=1,
        screening_reasons=["likes"], queued_at=clock.now(),
    )  # fmt: skip


def _report(bob: Any, live: Any, moderator: Any) -> Any:
    """A report of Bob's that a moderator has decided, and that both sides may complain about."""
    from tasks.services import reports

    moderator.is_moderator = True
    moderator.save()
    made, _key = reports.file(reason="other", text="Something odd.", reporter=bob, batch=live)
    return reports.decide(report=made, moderator=moderator, outcome="nothing", statement="Nothing odd.")
