"""The people of the tests are who they say they are."""

from marketplace.base.models import Membership


def test_alice_owns_atelier_and_bob_works(alice, atelier, bob):
    assert Membership.objects.get(user=alice, organisation=atelier).role == "owner"
    assert alice.posts
    assert not alice.works
    assert bob.works
    assert bob.worker.country == "FR"


def test_moderators_and_administrators_have_a_second_factor(dana, dora, erin):
    from allauth.mfa.utils import is_mfa_enabled

    assert all(is_mfa_enabled(person) for person in (dana, dora, erin))
