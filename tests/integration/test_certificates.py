"""Certificates: made on request, verified by anybody with cryptography alone, revoked, taken back."""

import base64
import datetime as dt
import gzip
import hashlib
import json
import re
import uuid
from typing import Any

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.core.checks import run_checks
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from marketplace.base import clock as house_clock
from marketplace.base.errors import Invalid, Lost, NotFound
from marketplace.mydata import lists
from marketplace.web import rate
from tasks.models import Attempt, Batch, QualificationTest
from tests import market
from workers.checks import key_is_set
from workers.models import Award, Certificate, Qualification
from workers.services import certificate_badge, certificate_keys, certificates
from workers.services.certificates import Standing

pytestmark = pytest.mark.django_db
SHOWN = certificate_badge.Shown(questions=20, pass_mark=0.8)
BASE = "https://tessera.example"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.BASE_URL = BASE
    settings.ALLOWED_HOSTS = ["testserver", "tessera.example"]


def held(person: Any, *, name: str = "Old French hands", days: int | None = 365, **more: Any) -> Award:
    qualification = Qualification.objects.create(
        organisation=more.pop("organisation", None), name=name, description="Letters before 1900.", created_by=person,
        valid_days=days,
    )  # fmt: skip
    now = house_clock.now()
    ends = now + dt.timedelta(days=days) if days else None
    given = {"score": 0.875, "granted_at": now, "expires_at": ends} | more
    return Award.objects.create(qualification=qualification, user=person, **given)


@pytest.fixture
def made(bob: Any) -> Certificate:
    return certificates.issue(award=held(bob), person=bob, name="Robert  Lemaire", shown=SHOWN)


def revoke(award: Award, moderator: Any) -> None:
    Award.objects.filter(pk=award.pk).update(
        revoked_at=house_clock.now(), revoked_by=moderator, revoked_because="It was somebody else’s work."
    )


# --- By hand: what a stranger needs, with `cryptography` alone ------------------------------------------------------


def unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verified_by_hand(token: str, client: Any) -> dict[str, Any]:
    """The payload, if the key that the header names (asked over HTTP) signed it. Raises InvalidSignature."""
    head, body, signature = token.split(".")
    header = json.loads(unpacked(head))
    assert header == {"alg": "EdDSA", "kid": header["kid"], "typ": "JWT"}
    answer = client.get(header["kid"].removeprefix(BASE))
    assert answer.status_code == 200
    jwk = answer.json()
    assert (jwk["kty"], jwk["crv"], "d" in jwk) == ("OKP", "Ed25519", False)
    key = Ed25519PublicKey.from_public_bytes(unpacked(jwk["x"]))
    key.verify(unpacked(signature), f"{head}.{body}".encode())
    found: dict[str, Any] = json.loads(unpacked(body))
    return found


def test_a_stranger_verifies_a_certificate_with_cryptography_alone(made: Certificate, client: Client) -> None:
    payload = verified_by_hand(made.token, client)
    assert payload["iss"] == payload["issuer"]["id"] == f"{BASE}/certificates/issuer/"
    assert payload["jti"] == payload["id"] == f"{BASE}/certificates/{made.pk}/"
    assert payload["sub"] == payload["credentialSubject"]["id"]
    for claim, name in (("nbf", "validFrom"), ("exp", "validUntil")):
        said = dt.datetime.strptime(payload[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
        assert payload[claim] == said.timestamp()
    head, body, signature = made.token.split(".")
    other = body[:40] + ("A" if body[40] != "A" else "B") + body[41:]
    with pytest.raises(InvalidSignature):
        verified_by_hand(".".join((head, other, signature)), client)


def test_it_has_what_open_badges_3_asks_for(made: Certificate, client: Client) -> None:
    badge = verified_by_hand(made.token, client)
    assert badge["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert badge["@context"][1].startswith("https://purl.imsglobal.org/spec/ob/v3p0/context-3")
    assert {"VerifiableCredential", "OpenBadgeCredential"} <= set(badge["type"])
    assert badge["name"] and badge["id"].startswith("https://") and "vc" not in badge
    assert "Profile" in badge["issuer"]["type"] and badge["issuer"]["name"]
    subject = badge["credentialSubject"]
    assert "AchievementSubject" in subject["type"]
    (identity,) = subject["identifier"]
    assert identity == {
        "type": "IdentityObject", "identityHash": "Robert Lemaire", "identityType": "name", "hashed": False,
    }  # fmt: skip
    achievement = subject["achievement"]
    assert "Achievement" in achievement["type"]
    assert {"id", "type", "criteria", "description", "name"} <= achievement.keys()
    assert (
        "20 questions" in achievement["criteria"]["narrative"]
        and "80" in achievement["criteria"]["narrative"]
    )
    (described,), (result,) = achievement["resultDescription"], subject["result"]
    assert {"id", "type", "name", "resultType"} <= described.keys()
    assert (result["resultDescription"], result["value"]) == (described["id"], "87.5")
    assert described["requiredValue"] == "80"
    assert badge["credentialStatus"]["type"] == "BitstringStatusListEntry"


def test_keys_are_listed_and_named_by_their_thumbprint(made: Certificate, client: Client) -> None:
    (jwk,) = client.get("/.well-known/jwks.json").json()["keys"]
    bare = json.dumps(
        {name: jwk[name] for name in ("crv", "kty", "x")}, separators=(",", ":"), sort_keys=True
    )
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(bare.encode()).digest()).decode().rstrip("=")
    assert jwk["kid"] == f"{BASE}/certificates/keys/{thumbprint}/" and made.key_id == thumbprint
    document = client.get("/.well-known/did.json").json()
    assert document["id"] == "did:web:tessera.example"
    (method,) = document["verificationMethod"]
    assert document["assertionMethod"] == [method["id"]] and method["publicKeyJwk"] == jwk
    assert document["alsoKnownAs"] == [client.get("/certificates/issuer/").json()["id"]]
    assert client.get("/certificates/keys/nonsense/").status_code == 404


def bit(client: Client, made: Certificate) -> int:
    """The bit of a certificate in the status list that it names, read as the recommendation says."""
    status = jwt.decode(made.token, options={"verify_signature": False})["credentialStatus"]
    token = client.get(status["statusListCredential"].removeprefix(BASE)).content.decode()
    body = verified_by_hand(token, client)
    assert body["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert body["id"] == status["statusListCredential"]
    packed = body["credentialSubject"]["encodedList"]
    assert packed[0] == "u"  # multibase: base64url without padding
    bits = gzip.decompress(unpacked(packed[1:]))
    assert len(bits) * 8 == 131_072
    place = int(status["statusListIndex"])
    return bits[place // 8] >> (7 - place % 8) & 1


def test_the_status_list_turns_a_bit_when_a_certificate_ends(
    made: Certificate, client: Client, bob: Any, dana: Any
) -> None:
    other = certificates.issue(award=held(bob, name="Another"), person=bob, name="Bob", shown=None)
    assert (bit(client, made), bit(client, other)) == (0, 0)
    revoke(made.award, dana)
    assert (bit(client, made), bit(client, other)) == (1, 0)
    certificates.withdraw(certificate=other, person=bob)
    assert (bit(client, made), bit(client, other)) == (1, 1)
    assert client.get("/certificates/status/7/").status_code == 404


# --- Verifying here -------------------------------------------------------------------------------------------------


def page(client: Client, made: Certificate, status: int = 200) -> str:
    answer = client.get(reverse("certificate", args=[made.pk]))
    assert answer.status_code == status
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    return answer.content.decode()


def test_the_page_verifies_and_says_what_was_shown_by_what(made: Certificate, client: Client) -> None:
    said = page(client, made)
    for words in ("this certificate is valid", "Robert Lemaire", "Old French hands", "Letters before 1900.", "87.5",
                  "20 questions", "Download (JWT)", 'name="robots" content="noindex, nofollow"'):  # fmt: skip
        assert words in said, words
    token = client.get(reverse("certificate-jwt", args=[made.pk]))
    assert token.content.decode() == made.token and "attachment" in token["Content-Disposition"]
    assert client.get(reverse("certificate-json", args=[made.pk])).json()["jti"].endswith(f"{made.pk}/")


def test_nothing_of_the_person_is_there_but_the_name_they_chose(
    made: Certificate, client: Client, bob: Any
) -> None:
    shown = page(client, made) + json.dumps(client.get(reverse("certificate-json", args=[made.pk])).json())
    for secret in (bob.email, bob.public_id, made.award.public_id, made.award.qualification.public_id):
        assert secret not in shown
    assert not re.search(r"\b(usr|wrk|awd|qua|att)_", shown)


def test_it_runs_out_by_the_clock_of_the_house(made: Certificate, client: Client, clock: Any) -> None:
    clock.forward(days=366)
    said = page(client, made)
    assert "ran out" in said and "is valid" not in said
    assert certificates.verify(made.token).standing == Standing.EXPIRED


def test_an_award_taken_back_ends_its_certificate_and_hides_the_name(
    made: Certificate, client: Client, dana: Any
) -> None:
    revoke(made.award, dana)
    said = page(client, made)
    assert "does not hold any more" in said
    assert "Robert" not in said and "somebody else" not in said
    assert client.get(reverse("certificate-json", args=[made.pk])).status_code == 404


def test_one_taken_back_by_its_person_is_gone_in_words(made: Certificate, client: Client, bob: Any) -> None:
    certificates.withdraw(certificate=made, person=bob)
    said = page(client, made, 410)
    assert "was taken back" in said and "Robert" not in said and "French hands" not in said
    for name in ("certificate-jwt", "certificate-json"):
        assert client.get(reverse(name, args=[made.pk])).status_code == 410
    verdict = certificates.verify(made.token)
    assert (verdict.standing, verdict.claims) == (Standing.WITHDRAWN, None)
    with pytest.raises(Lost):
        certificates.withdraw(certificate=made, person=bob)


def test_certificates_of_somebody_who_left_are_gone(made: Certificate, client: Client, bob: Any) -> None:
    bob.is_active = False
    bob.save(update_fields=["is_active"])
    assert "Robert" not in page(client, made, 410)
    assert bit(client, made) == 1


def test_addresses_that_nobody_gave_out_lead_nowhere(client: Client) -> None:
    for number in (uuid.uuid4(), "1", "0" * 64):
        assert client.get(f"/certificates/{number}/").status_code == 404


def pasted(client: Client, token: str) -> str:
    return client.post(reverse("certificate-verify"), {"token": token}).content.decode()


def forged(made: Certificate, key: Ed25519PrivateKey, **changes: Any) -> str:
    claims = jwt.decode(made.token, options={"verify_signature": False}) | changes
    return jwt.encode(
        claims, key, algorithm="EdDSA", headers={"kid": jwt.get_unverified_header(made.token)["kid"]}
    )


def test_whatever_is_pasted_gets_a_clear_answer(made: Certificate, client: Client) -> None:
    stranger = Ed25519PrivateKey.generate()
    head, body, signature = made.token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    symmetric = jwt.encode({"iss": f"{BASE}/certificates/issuer/"}, "x" * 40, algorithm="HS256")
    wrapped = f" {made.token[:100]}\n{made.token[100:]} "
    for token, words in (
        (wrapped, "this certificate is valid"),
        (f"{head}.{body[:-8]}AAAAAAAA.{signature}", "is no certificate"),
        (f"{head}.{body}.{signature[:-6]}AAAAAA", "not what was signed"),
        (forged(made, stranger, name="Surgeon"), "not what was signed"),
        (f"{none}.{body}.", "not what was signed"),
        (symmetric, "not what was signed"),
        (forged(made, stranger, iss="https://elsewhere.example/"), "not issued here"),
        ("nonsense", "is no certificate"),
        ("a.b.c", "is no certificate"),
        ("é" * 500, "is no certificate"),
        ("x" * 25_000, "is no certificate"),
        ("é.[]." + "[" * 15_000, "is no certificate"),
        (client.get("/certificates/status/0/").content.decode(), "is no certificate"),
    ):
        assert words in pasted(client, token), (token[:60], words)
    assert client.post(reverse("certificate-verify"), {"token": " "}).status_code == 400


def test_a_token_of_ours_that_our_books_do_not_know_does_not_hold(made: Certificate) -> None:
    token = made.token
    Certificate.objects.filter(pk=made.pk).delete()
    assert certificates.verify(token).standing == Standing.WITHDRAWN


# --- Keys -----------------------------------------------------------------------------------------------------------


def test_what_a_former_key_signed_stays_true(
    made: Certificate, client: Client, bob: Any, settings: Any
) -> None:
    old = certificate_keys.private_key().public_key().public_bytes_raw()
    fresh = Ed25519PrivateKey.generate()
    settings.CERTIFICATE_KEY = fresh.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode().replace("\n", "\\n")  # fmt: skip
    assert certificates.verify(made.token).standing == Standing.CHANGED  # it was not kept
    settings.CERTIFICATE_OLD_KEYS = [base64.b64encode(old).decode()]
    assert certificates.verify(made.token).holds
    assert verified_by_hand(made.token, client)
    again = certificates.issue(award=held(bob, name="Another"), person=bob, name="Bob", shown=None)
    assert again.key_id != made.key_id and certificates.verify(again.token).holds
    assert len(client.get("/.well-known/jwks.json").json()["keys"]) == 2


def test_without_a_key_nothing_is_issued_and_the_check_of_the_deployment_says_so(
    bob: Any, client_of: Any, settings: Any
) -> None:
    award = held(bob)
    assert key_is_set() == []
    settings.CERTIFICATE_KEY = ""
    (warning,) = key_is_set()
    assert "TESSERA_CERTIFICATE_KEY" in warning.hint
    answer = client_of(bob).post(reverse("certificate-issue", args=[award.public_id]), {"name": "Bob"})
    assert answer.status_code == 503 and "not set up" in answer.content.decode()
    assert not Certificate.objects.exists()


@pytest.mark.parametrize(
    "key", ["short", "!" * 44, "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----"]
)
def test_a_key_that_can_not_be_read_stops_the_start(settings: Any, key: str) -> None:
    settings.CERTIFICATE_KEY = key
    assert [each.id for each in run_checks(tags=["security"]) if each.is_serious()] == ["workers.E001"]


# --- The person -----------------------------------------------------------------------------------------------------


def test_a_worker_makes_one_through_the_page_with_the_test_that_it_was(
    bob: Any, alice: Any, atelier: Any, client_of: Any
) -> None:
    award = held(bob, organisation=atelier)
    batch = market.draft(atelier, alice)
    Batch.objects.filter(pk=batch.pk).update(role="test")
    test = QualificationTest.objects.create(
        batch=batch, qualification=award.qualification, questions=12, pass_mark=0.75
    )
    Attempt.objects.create(
        test=test, worker=bob, number=1, questions=12, started_at=award.granted_at, finished_at=award.granted_at,
        right=11, passed=True,
    )  # fmt: skip
    browser = client_of(bob)
    assert "Old French hands" in browser.get(reverse("certificates")).content.decode()
    answer = browser.post(reverse("certificate-issue", args=[award.public_id]), {"name": "Bob L."})
    made = Certificate.objects.get()
    assert answer["Location"] == reverse("certificate", args=[made.pk])
    said = Client().get(answer["Location"]).content.decode()
    assert "12 questions" in said and "Atelier Nord" in said and "(75\u202f% were needed)" in said
    assert "Take it back" in browser.get(reverse("certificates")).content.decode()
    browser.post(reverse("certificate-withdraw", args=[made.pk]))
    assert Client().get(answer["Location"]).status_code == 410
    assert "Taken back" in browser.get(reverse("certificates")).content.decode()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\u202eb"])
def test_a_name_that_can_not_stand_is_refused_with_the_form(bob: Any, client_of: Any, name: str) -> None:
    award = held(bob)
    answer = client_of(bob).post(reverse("certificate-issue", args=[award.public_id]), {"name": name})
    assert answer.status_code == 400 and "Write the name" in answer.content.decode()


def test_only_what_is_held_now_and_by_oneself_can_be_certified(bob: Any, bea: Any, dana: Any) -> None:
    award = held(bob)
    with pytest.raises(NotFound):
        certificates.issue(award=award, person=bea, name="Bea", shown=None)
    made = certificates.issue(award=award, person=bob, name="Bob", shown=None)
    with pytest.raises(certificates.HasOne):
        certificates.issue(award=award, person=bob, name="Bob", shown=None)
    with pytest.raises(NotFound):
        certificates.withdraw(certificate=made, person=bea)
    certificates.withdraw(certificate=made, person=bob)
    certificates.issue(award=award, person=bob, name="Robert", shown=None)
    for over in (
        held(bob, name="Ended", expires_at=house_clock.now() - dt.timedelta(1)),
        held(bob, name="Revoked"),
    ):
        if over.qualification.name == "Revoked":
            revoke(over, dana)
        with pytest.raises(certificates.NotHeld):
            certificates.issue(award=over, person=bob, name="Bob", shown=None)


def test_a_grant_by_hand_says_so_and_not_why(bob: Any, dana: Any, client: Client) -> None:
    award = held(bob, score=None, granted_by=dana, reason="She told me of her illness.")
    made = certificates.issue(award=award, person=bob, name="Bob", shown=None)
    badge = verified_by_hand(made.token, client)
    assert "illness" not in json.dumps(badge) and dana.name not in json.dumps(badge)
    assert "result" not in badge["credentialSubject"]
    assert "named person" in badge["credentialSubject"]["achievement"]["criteria"]["narrative"]


def test_there_is_an_end_to_how_many_one_makes_in_a_day(bob: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(certificates, "MOST_A_DAY", 1)
    certificates.issue(award=held(bob), person=bob, name="Bob", shown=None)
    with pytest.raises(certificates.EnoughToday):
        certificates.issue(award=held(bob, name="Another"), person=bob, name="Bob", shown=None)


def test_two_certificates_share_no_bit_and_two_of_one_award_do_not_stand(made: Certificate) -> None:
    again = {"award": made.award, "name": "B", "token": "t", "key_id": "k"}
    for changes in (
        {"status_index": made.status_index, "withdrawn_at": house_clock.now()},
        {"status_index": 99},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Certificate.objects.create(**again, **changes)


def test_they_are_among_a_persons_data(made: Certificate, bob: Any) -> None:
    rows, _title = lists.LISTS["certificates"]
    (mine,) = rows(bob)
    assert (mine["name"], mine["token"]) == ("Robert Lemaire", made.token)


def test_browsers_send_forms_of_public_pages_with_their_origin(made: Certificate, client: Client) -> None:
    """Under "no-referrer" they would say "Origin: null", and each form of the page would be refused."""
    for path in ("/certificates/", f"/certificates/{made.pk}/"):
        assert client.get(path).headers["Referrer-Policy"] == "same-origin"


def test_public_pages_can_not_be_asked_without_end(
    made: Certificate, client: Client, monkeypatch: Any
) -> None:
    from marketplace.web.views import certificates as views

    monkeypatch.setattr(views, "A_MINUTE", 3)
    monkeypatch.setattr(rate.time, "time", lambda: 7_000_000_000.0)
    statuses = [
        client.get(reverse("certificate", args=[made.pk]), REMOTE_ADDR="198.51.100.7").status_code
        for _ in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]


def test_a_bad_name_is_refused_by_the_service_too(bob: Any) -> None:
    with pytest.raises(Invalid):
        certificates.issue(award=held(bob), person=bob, name="\x00", shown=None)
