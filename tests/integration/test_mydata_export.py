"""Taking everything along (charter M7): whole, signed, readable elsewhere, and nobody else's."""

import base64
import csv
import hashlib
import io
import json
import struct
import zipfile
from pathlib import Path

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.urls import reverse

from marketplace.base.models import AuditEvent, Notice
from marketplace.delivery import relay
from marketplace.mydata import columns, exporting, lists, other_keys, reading, retention, signing
from marketplace.mydata.models import DataExport
from tasks.services import disputes, reviews
from tests import market, mydata
from tests.sources import ROOT
from workers.services import certificate_keys

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def worked(bob, atelier, alice, dana):
    """An answer that was contested and refused, with words of everybody."""
    row = market.submitted(bob, market.open_batch(atelier, alice, title="=1+1 stones"))
    reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="Half of it.")
    disputes.reply(assignment=row, worker=bob, text="=cmd|' /C calc'!A0")
    disputes.decide(dispute=row.disputes.get(), moderator=dana, outcome="reject", reason="Half indeed.")
    return row


def test_M7_the_file_is_whole_signed_and_everything_in_it_follows_the_schema(worked, bob, alice):
    source = mydata.zipped(bob)
    with zipfile.ZipFile(source) as archive:
        names = set(archive.namelist())
        assert {"data.json", "README.txt", "manifest.json", "signature.jws", "lists/assignments.csv"} <= names
        data = json.loads(archive.read("data.json"))
        table = list(csv.DictReader(io.StringIO(archive.read("lists/objections.csv").decode("utf-8-sig"))))
    jsonschema.validate(data, reading.schema())
    assert set(lists.LISTS) <= set(data)
    assert data["account"]["email"] == bob.email and data["objections"][0]["reply"].startswith("=cmd")
    assert table[0]["reply"].startswith("'=cmd")  # a spreadsheet shows it and runs nothing
    assert alice.email not in json.dumps(data)
    found = reading.read(source)
    assert found.holds and found.manifest["person"] == bob.public_id and reading.faults(found.data) == []


@pytest.mark.parametrize("name", ["data.json", "lists/assignments.csv", "files/more.jpg", "README.txt"])
def test_M7_a_file_that_was_changed_anywhere_does_not_hold(worked, bob, name):
    source = mydata.zipped(bob)
    found = reading.read(mydata.changed(source, name, b"{}"))
    assert found.standing == reading.Standing.CHANGED and name in found.wrong
    if not name.startswith("files/"):
        assert not reading.read(mydata.changed(source, name, None)).holds


def test_a_changed_manifest_and_another_key_do_not_hold(bob):
    source = mydata.zipped(bob)
    with zipfile.ZipFile(source) as archive:
        manifest = archive.read("manifest.json")
    other = manifest.replace(bob.public_id.encode(), b"usr_somebodyelse1")
    assert reading.read(mydata.changed(source, "manifest.json", other)).standing == "changed"
    assert reading.read(mydata.changed(source, "signature.jws", None)).standing == "unsigned"
    assert reading.read(io.BytesIO(b"no zip")).standing == "unreadable"
    stranger = Ed25519PrivateKey.generate().public_key()
    assert reading.read(source, known=[stranger]).standing == "foreign"


def test_M7_another_tessera_reads_it_with_the_key_that_this_one_publishes(
    bob, client, settings, tmp_path, capsys
):
    path = tmp_path / "data.zip"
    path.write_bytes(mydata.zipped(bob).getvalue())
    (key,) = client.get(reverse("jwks")).json()["keys"]
    settings.CERTIFICATE_KEY = base64.b64encode(b"7" * 32).decode()  # elsewhere: other keys, another address
    settings.BASE_URL = "https://elsewhere.example"
    with pytest.raises(CommandError, match="key that we don't know"):
        call_command("mydata", "verify", path)
    call_command("mydata", "verify", path, key=key["x"])
    assert bob.public_id in capsys.readouterr().out
    call_command("mydata", "verify", path, key=key["x"], json=True)
    assert json.loads(capsys.readouterr().out)["account"]["id"] == bob.public_id


def test_M7_which_address_or_port_this_site_had_when_it_signed_is_no_matter(bob, settings, tmp_path, capsys):
    path = tmp_path / "data.zip"
    path.write_bytes(mydata.zipped(bob).getvalue())
    made_at = settings.BASE_URL
    settings.BASE_URL = "http://127.0.0.1:9999"
    call_command("mydata", "verify", path)
    said = capsys.readouterr().out
    assert "the keys of this installation" in said and made_at in said and "9999" not in said


@pytest.mark.parametrize("form", ["text", "jwk", "jwks", "did"])
def test_M7_the_key_of_another_site_may_stand_in_a_file(bob, client, settings, tmp_path, capsys, form):
    path, key = tmp_path / "data.zip", tmp_path / "key"
    path.write_bytes(mydata.zipped(bob).getvalue())
    jwks = client.get(reverse("jwks")).json()
    forms = {
        "text": jwks["keys"][0]["x"] + "\n", "jwk": json.dumps(jwks["keys"][0]), "jwks": json.dumps(jwks),
        "did": client.get(reverse("did")).content.decode(),
    }  # fmt: skip
    key.write_text(forms[form])
    settings.CERTIFICATE_KEY = base64.b64encode(b"7" * 32).decode()
    with pytest.raises(CommandError, match=r"held against the keys of this installation.*did\.json"):
        call_command("mydata", "verify", path)
    call_command("mydata", "verify", path, key=str(key))
    assert f"Held against the file {key}" in capsys.readouterr().out
    key.write_text("{}")
    with pytest.raises(CommandError, match="holds no Ed25519 key"):
        call_command("mydata", "verify", path, key=str(key))


def test_a_did_name_is_the_address_of_its_document_and_keys_come_by_https_alone(monkeypatch):
    asked = []
    key = Ed25519PrivateKey.generate().public_key()
    text = base64.urlsafe_b64encode(key.public_bytes_raw()).decode().rstrip("=")
    document = {
        "verificationMethod": [{"publicKeyJwk": {"crv": "Ed25519", "x": text}}, {"publicKeyJwk": None}, 7]
    }
    monkeypatch.setattr(other_keys, "_fetched", lambda address: asked.append(address) or json.dumps(document))
    assert other_keys.named("did:web:tessera.example%3A8443")[0] == [key]
    assert other_keys.named("did:web:tessera.example:a:b")[1] == "https://tessera.example/a/b/did.json"
    assert asked[0] == "https://tessera.example:8443/.well-known/did.json"
    monkeypatch.undo()
    with pytest.raises(certificate_keys.BadKey, match="https"):
        other_keys.named("http://tessera.example/.well-known/did.json")


def signed_by_hand(files, **more):
    """A ZIP whose manifest this site signs, whatever is in it."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = {"schema": "tessera-my-data", "sha256": digests, **more}
    raw, out = json.dumps(manifest).encode(), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {
            **files,
            "manifest.json": raw,
            "signature.jws": signing.signed(raw).encode(),
        }.items():
            archive.writestr(name, content)
    out.seek(0)
    return out


@pytest.fixture
def unpacked(monkeypatch):
    """How many bytes were unpacked."""
    count, read = [], zipfile.ZipExtFile.read

    def counted(self, *args):
        found = read(self, *args)
        count.append(len(found))
        return found

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    return lambda: sum(count)


def test_M7_a_file_that_would_unpack_to_too_much_is_refused_with_a_sentence_and_not_unpacked(
    settings, unpacked, tmp_path, client
):
    settings.VERIFY_MOST_MB = 3
    bomb = signed_by_hand({"data.json": b"0" * 4_000_000})
    assert len(bomb.getvalue()) < 20_000
    found = reading.read(bomb)
    assert (
        found.standing == "too_large"
        and "4 MB" in found.why.replace("\u202f", " ")
        and "VERIFY_MOST_MB" in found.why
    )
    assert unpacked() == 0
    path = tmp_path / "bomb.zip"
    path.write_bytes(bomb.getvalue())
    with pytest.raises(CommandError, match="at most 3 MB"):
        call_command("mydata", "verify", path)
    bomb.name = "bomb.zip"
    bomb.seek(0)
    answer = client.post(reverse("my-data-verify"), {"file": bomb})
    assert answer.status_code == 400 and "at most 3 MB" in answer.content.decode()


def test_M7_a_file_of_too_many_files_is_refused_before_its_list_is_read(settings, monkeypatch):
    settings.VERIFY_MOST_FILES = 100
    found = reading.read(signed_by_hand({f"files/{number}": b"" for number in range(101)}))
    assert found.standing == "too_large" and "VERIFY_MOST_FILES" in found.why
    many = signed_by_hand({f"files/{number}": b"" for number in range(900)})
    monkeypatch.setattr(zipfile, "ZipFile", None)  # nobody opens it
    assert reading.read(many).standing == "too_large"


def test_M7_a_list_of_files_that_is_measured_is_the_one_that_is_read(settings, monkeypatch):
    settings.VERIFY_MOST_FILES = 100
    number = 1_000
    lines = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0)
        + each.to_bytes(3, "big")
        for each in range(number)
    )

    def record(length):
        return struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, number, number, length, 0)

    where = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)  # points to a harmless record at the very beginning
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 10, 0, 0)
    lying = io.BytesIO(record(10) + lines + record(len(lines)) + where + end)
    assert len(zipfile.ZipFile(lying).infolist()) == number
    monkeypatch.setattr(zipfile, "ZipFile", None)  # nobody opens it
    assert reading.read(lying).standing == "too_large"


def test_M7_what_nobody_known_has_signed_is_not_unpacked(bob, unpacked):
    source = mydata.zipped(bob)
    stranger = Ed25519PrivateKey.generate().public_key()
    before = unpacked()
    assert reading.read(source, known=[stranger]).standing == "foreign"
    with zipfile.ZipFile(source) as archive:
        small = sum(archive.getinfo(name).file_size for name in ("manifest.json", "signature.jws"))
    assert unpacked() - before == small


def test_M7_a_file_of_another_size_than_the_manifest_says_is_not_unpacked(unpacked):
    source = signed_by_hand({"data.json": b"0" * 2_000_000}, bytes={"data.json": 2})
    found = reading.read(source)
    assert found.standing == "changed" and found.wrong == ("data.json",)
    assert unpacked() < 10_000


def test_a_file_made_before_manifests_told_sizes_is_read_as_before(bob):
    assert reading.read(signed_by_hand({"data.json": b"{}"})).standing == "valid"


def test_the_schema_of_the_documentation_is_the_one_of_the_code():
    kept = json.loads((ROOT / "docs/how-to/my-data.schema.json").read_text())
    assert kept == json.loads(json.dumps(reading.schema())), "manage.py mydata schema writes it anew"


def test_every_list_that_the_register_names_is_in_the_export():
    there = set(lists.LISTS) | set(lists.PARTS)
    assert {column.list for column in columns.register().values() if column.list} <= there


def test_M7_it_is_made_when_asked_for_told_fetched_by_its_person_and_gone_after_days(
    bob, bea, client_of, clock, django_capture_on_commit_callbacks
):
    client = client_of(bob)
    assert client.post(reverse("my-data-export")).status_code == 302
    client.post(reverse("my-data-export"))  # once is enough
    assert DataExport.objects.count() == 1
    relay.drain()
    relay.drain(slow=True)
    row = DataExport.objects.get()
    assert Notice.objects.filter(user=bob, kind="data_ready").exists()
    page = client.get(reverse("my-data")).content.decode()
    address = reverse("my-data-file", args=[row.public_id])
    assert address in page
    answer = client.get(address)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert reading.read(io.BytesIO(b"".join(answer.streaming_content))).holds
    assert client_of(bea).get(address).status_code == 404
    clock.forward(days=8)
    assert client.get(address).status_code == 404
    assert retention.run()["exports"] == 1 and not DataExport.objects.exists()
    assert not list(Path(exporting.settings.MEDIA_ROOT).rglob("*.zip"))
    exporting.ask(user=bob)


def test_anybody_has_a_file_verified_on_the_page_and_nothing_of_it_is_kept(bob, client):
    page = reverse("my-data-verify")
    assert client.get(page).status_code == 200
    assert client.post(page).status_code == 400
    before = AuditEvent.objects.count()
    good = client.post(page, {"file": mydata.zipped(bob)})
    assert good.status_code == 200 and bob.public_id in good.content.decode()
    bad = mydata.changed(mydata.zipped(bob), "data.json", b"{}")
    bad.name = "data.zip"
    answer = client.post(page, {"file": bad})
    assert answer.status_code == 400 and "data.json" in answer.content.decode()
    assert AuditEvent.objects.count() == before


def test_the_page_says_what_is_kept_for_how_long_and_who_looked(bob, dana, client_of):
    before = client_of(bob).get(reverse("my-data")).content.decode()
    assert "Nobody of those who moderate" in before and "730 days" in before and "10 years" in before
    client_of(dana).get(reverse("console-person", args=[bob.public_id]))
    after = client_of(bob).get(reverse("my-data")).content.decode()
    looks = after.split('id="looks"')[1].split("</section>")[0]
    assert "a moderator" in looks and "opened a page about you" in looks and dana.name not in looks


def test_a_signature_names_its_key_by_the_address_where_it_is(bob):
    signature = signing.signed(b"{}")
    assert signing.head_of(signature)["kid"].endswith("/") and ".." in signature
    with pytest.raises(signing.BadSignature):
        signing.head_of("nonsense")
