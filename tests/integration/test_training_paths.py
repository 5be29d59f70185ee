"""Training paths: steps in order, progress from what one holds, and paid like all work."""

import pytest

from marketplace.base.errors import Forbidden, Invalid, NotFound
from marketplace.web.centres import members
from payments.services import earnings
from tests import centre_world as made
from tests import market, qualifying
from workers.services import awards, training

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps(atelier, alice):
    """Two qualifications: one with an open training of two questions, one with a test."""
    first = qualifying.qualification(atelier, alice, name="Basics")
    second = qualifying.qualification(atelier, alice, name="Names")
    return [
        qualifying.open_test(first, atelier, alice, role="training", rows=2),
        qualifying.open_test(second, atelier, alice, rows=2),
    ]


@pytest.fixture
def centre(charlie, dana):
    return made.opened(charlie, dana)


def save(actor, centre, steps, **values):
    said = {
        "title": "Place names",
        "description": "From the first map on.",
        "opens": "The gazetteer.",
        **values,
    }
    named = [step.qualification.public_id for step in steps]
    return training.save(actor=actor, centre=centre, qualifications=named, **said)


def test_progress_follows_from_what_one_holds_step_by_step_and_each_step_is_paid(
    centre, charlie, bob, steps, client_of
):
    membership = made.join(centre, charlie, bob)
    path = save(charlie, centre, steps)

    def progress():
        return training.progress([bob.pk], list(training.of(centre)))[bob.pk][0]

    assert (progress().done, progress().next_step.qualification.name) == (0, "Basics")
    qualifying.take(bob, steps[0], "11")
    assert earnings.summary(bob).payable == 2 * 650_000  # paid answer by answer (charter P11)
    assert (progress().done, progress().next_step.qualification.name) == (1, "Names")
    page = client_of(bob).get(f"/work/paths/{path.public_id}/").content.decode()
    assert "1 of 2 steps" in page and "€1.30" in page
    qualifying.take(bob, steps[1], "11")
    assert progress().is_done and progress().last is not None
    assert "certificate" in client_of(bob).get(f"/work/paths/{path.public_id}/").content.decode()
    assert members.of_member(membership).paths[0].done == 2


def test_a_step_that_was_taken_back_is_open_again(centre, charlie, bob, steps, alice):
    save(charlie, centre, steps[:1])
    award = qualifying.take(bob, steps[0], "11").award
    awards.revoke(award=award, actor=alice, reason="A mistake of ours.")
    assert training.progress([bob.pk], list(training.of(centre)))[bob.pk][0].done == 0


def test_paths_of_a_centre_are_for_its_members_and_those_of_the_platform_for_everybody(
    centre, charlie, dana, bob, bea, steps, client_of
):
    made.join(centre, charlie, bob)
    ours, everybodys = save(charlie, centre, steps), save(dana, None, steps, title="For everybody")
    assert training.open_to(bob) == [ours, everybodys]
    assert training.open_to(bea) == [everybodys]
    assert client_of(bea).get(f"/work/paths/{ours.public_id}/").status_code == 404
    with pytest.raises(NotFound):
        save(bea, centre, steps)
    with pytest.raises(Forbidden):
        save(charlie, None, steps)
    training.retire(path=ours, actor=charlie)
    assert training.open_to(bob) == [everybodys]


def test_steps_are_qualifications_that_are_given_each_once(centre, charlie, steps):
    with pytest.raises(Invalid):
        save(charlie, centre, [])
    with pytest.raises(Invalid):
        save(charlie, centre, [steps[0], steps[0]])
    path = save(charlie, centre, steps)
    training.save(
        actor=charlie, centre=centre, path=path, title="Turned", description="The other way.", opens="",
        qualifications=[step.qualification.public_id for step in reversed(steps)],
    )  # fmt: skip
    assert [step.qualification.name for step in training.of(centre)[0].steps.all()] == ["Names", "Basics"]


def test_the_page_of_who_runs_the_centre_shows_how_far_members_are_and_no_score(
    centre, charlie, bob, steps, client_of
):
    made.join(centre, charlie, bob, shown_as="Bobby")
    save(charlie, centre, steps)
    qualifying.take(bob, steps[0], "11")
    page = client_of(charlie).get(f"/centres/{centre.public_id}/people/").content.decode()
    assert "1/2" in page and "Bobby" in page
    for hidden in (bob.email, "100 %", "€"):
        assert hidden not in page.split("<main")[1].split("</main")[0], hidden
    market.assert_sound()
