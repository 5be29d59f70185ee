"""Work centres through the browser's eyes: asked for, checked, joined, booked, left."""

import re

import pytest

from tests import centre_world as made
from workers.models import Booking, BookingWait, Centre, OpeningHours
from workers.services import centre_members, centres

pytestmark = pytest.mark.django_db
ASKED = {
    "name": "Maison du Port", "town": "Lorient", "country": "FR", "time_zone": "Europe/Paris",
    "description": "Six places.", "evidence": "An association.", "role": "head of training",
}  # fmt: skip


def main(answer):
    return answer.content.decode().split("<main")[1]


def test_a_centre_is_asked_for_and_a_moderator_opens_it_from_the_queue(charlie, dana, client_of):
    assert client_of(charlie).post("/centres/new/", ASKED).status_code == 302
    centre = Centre.objects.get()
    console = client_of(dana)
    assert "Maison du Port" in main(console.get("/console/centres/"))
    page = f"/console/centres/{centre.public_id}/"
    assert console.post(page, {"outcome": "open", "words": ""}).status_code == 400
    words = "The register of associations has it, and the address is a house with a door."
    assert console.post(page, {"outcome": "open", "words": words}).status_code == 302
    centre.refresh_from_db()
    assert (centre.state, centre.checked_by) == ("open", dana)
    assert words in main(client_of(charlie).get(f"/centres/{centre.public_id}/settings/"))
    assert "Maison du Port" in main(client_of(charlie).get("/centres/"))


def test_somebody_invited_reads_what_is_seen_says_yes_and_leaves(charlie, dana, bob, client_of, client):
    centre = made.opened(charlie, dana)
    run = client_of(charlie)
    run.post(f"/centres/{centre.public_id}/people/", {"act": "invite", "email": bob.email, "role": ""})
    page = client_of(bob)
    found = re.search(r"/centres/join/[0-9a-f]{64}/", main(page.get("/work/centres/")))
    join = found[0]
    assert "what you earn: only if you allow it" in main(client.get(join))
    assert page.post(join, {"act": "accept", "shown_as": ""}).status_code == 400
    assert page.post(join, {"act": "accept", "shown_as": "Bobby"}).status_code == 302
    assert not centre_members.member(centre, bob).shares_earnings
    own = f"/work/centres/{centre.public_id}/"
    page.post(own, {"shown_as": "Bobby", "shares_earnings": "on"})
    assert centre_members.member(centre, bob).shares_earnings
    assert page.post(own, {"act": "leave"}).status_code == 302
    assert centre_members.member(centre, bob) is None
    assert "You left on" in main(page.get("/work/centres/"))
    assert client.get(join).status_code == 410


def test_slots_are_booked_waited_for_and_given_back_by_buttons_without_a_script(
    charlie, dana, bob, bea, client_of
):
    centre = made.opened(charlie, dana)
    run = client_of(charlie)
    page = f"/centres/{centre.public_id}/equipment/"
    run.post(page, {"act": "open", "weekdays": list("1234567"), "opens": "09:00", "closes": "24:00"})
    run.post(page, {"act": "add", "name": "Laptop", "kind": "computer", "number": "1"})
    assert OpeningHours.objects.count() == 7
    for person in (bob, bea):
        made.join(centre, charlie, person)
    hours, slot = f"/work/centres/{centre.public_id}/hours/", made.at(1, 10).isoformat()
    assert client_of(bob).post(hours, {"book": slot}).status_code == 302
    refused = client_of(bea).post(hours, {"book": slot})
    assert refused.status_code == 409 and "Somebody was faster" in main(refused)
    assert client_of(bea).post(hours, {"wait": slot}).status_code == 302
    assert BookingWait.objects.filter(ended_at__isnull=True).count() == 1
    booking = Booking.objects.get()
    assert client_of(bea).post(hours, {"cancel": booking.public_id}).status_code == 404
    assert client_of(bob).post(hours, {"cancel": booking.public_id}).status_code == 302
    assert Booking.objects.get(cancelled_at__isnull=True).membership.user == bea
    for wrong in ("tomorrow", "2026-11-22T10:00:00", ""):
        assert client_of(bob).post(hours, {"book": wrong}).status_code == 409


def test_who_runs_a_centre_closes_it_and_its_page_says_why(charlie, dana, bob, client_of, client):
    centre = made.opened(charlie, dana)
    made.join(centre, charlie, bob)
    run, page = client_of(charlie), f"/centres/{centre.public_id}/settings/"
    assert run.post(page, {"act": "close", "words": ""}).status_code == 400
    assert run.post(page, {"act": "close", "words": "The lease has ended."}).status_code == 302
    assert "The lease has ended." in main(client.get(f"/centres/{centre.public_id}/"))
    assert not centres.opened().exists()
    assert client_of(bob).get(f"/work/centres/{centre.public_id}/").status_code == 404
