"""A backup is one file; it comes back whole, with the rights it had, or not at all."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from marketplace.backups import archive, bringing, drill, rights, scratch, sealed
from marketplace.base import switches
from marketplace.base.models import Switch, User
from payments.gateways import simulated
from payments.models import Transaction
from payments.services import checks, deposits
from tests.payments_helpers import EUR, forget_behaviours, without

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "a passphrase of five words"


@pytest.fixture(autouse=True)
def ground(settings, tmp_path):
    """A passphrase, two uploaded files, a gateway without a past."""
    settings.BACKUP_PASSPHRASE = WORDS
    settings.MEDIA_ROOT = str(tmp_path / "media")
    folder = tmp_path / "media" / "a"
    folder.mkdir(parents=True)
    (folder / "one.png").write_bytes(b"\x89PNG one")
    (folder / "é two.txt").write_bytes(b"two" * 500_000)
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def deposit(atelier, alice):
    row = deposits.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)
    simulated.press(row.public_id, "pay")
    return deposits.refresh(row)


@pytest.fixture
def backup(deposit, tmp_path):
    path = tmp_path / "tessera.backup"
    call_command("backup", str(path), stdout=io.StringIO())
    return path


def drilled(path):
    """What the drill prints, and whether it was content."""
    out, content = io.StringIO(), True
    try:
        call_command("drill", str(path), stdout=out)
    except CommandError as refused:
        if "not sound" not in str(refused):
            raise
        content = False
    return {line.split()[1]: line.split()[0] for line in out.getvalue().splitlines()[:-1]}, content


def test_the_drill_brings_it_back_looks_at_everything_and_leaves_nothing_behind(backup, deposit):
    found, content = drilled(backup)
    assert content and set(found.values()) == {"ok"}
    assert set(found) == {
        "restored", "rows", "migrations", "rights", "keys", "media", "selfcheck", "reconcile",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'drill%'")
        assert cursor.fetchone()[0] == 0
    deposit.refresh_from_db()  # and this process is back in its own database


def test_nothing_can_be_read_in_it_without_the_passphrase(backup, settings, alice):
    raw = backup.read_bytes()
    assert raw.startswith(sealed.MAGIC) and b"AES-256-GCM" in raw[:200]
    assert alice.email.encode() not in raw and b"\x89PNG\r\n" not in raw
    assert backup.stat().st_mode & 0o077 == 0
    for words in ("", "another"):
        settings.BACKUP_PASSPHRASE = words
        with pytest.raises(CommandError, match=r"encrypted|another passphrase"):
            call_command("drill", str(backup), stdout=io.StringIO())


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9999])
def test_one_changed_byte_or_a_missing_end_is_noticed(backup, at):
    raw = bytearray(backup.read_bytes())
    whole = bytes(raw)
    raw[int(len(raw) * at)] ^= 1
    backup.write_bytes(raw)
    with pytest.raises(CommandError):
        call_command("drill", str(backup), stdout=io.StringIO())
    backup.write_bytes(whole[: int(len(whole) * at)])
    with pytest.raises(CommandError):
        call_command("drill", str(backup), stdout=io.StringIO())


def test_what_is_no_backup_is_said_to_be_none(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match="no backup of Tessera"):
        call_command("drill", str(path), stdout=io.StringIO())
    with pytest.raises(CommandError, match="No such file"):
        call_command("drill", str(tmp_path / "y"), stdout=io.StringIO())


def test_without_a_passphrase_it_wants_to_hear_that_this_is_meant(settings, tmp_path, db):
    settings.BACKUP_PASSPHRASE = ""
    path = tmp_path / "plain.backup"
    with pytest.raises(CommandError, match="--plain"):
        call_command("backup", str(path))
    out = io.StringIO()
    call_command("backup", str(path), plain=True, stdout=out)
    assert "NOT encrypted" in out.getvalue()
    assert drilled(path)[1]
    with pytest.raises(CommandError, match="there already"):
        call_command("backup", str(path), plain=True)


def test_a_database_that_is_not_empty_is_refused_and_stays_as_it_is(backup, deposit):
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(backup), stdout=io.StringIO())
    assert Transaction.objects.count() == 1


def test_it_comes_back_with_rows_media_rights_and_laws(backup, deposit, settings, tmp_path, alice):
    settings.MEDIA_ROOT = str(tmp_path / "elsewhere")
    with scratch.database("test_restore") as name, scratch.pointed_at(name):
        out = io.StringIO()
        call_command("restore", str(backup), stdout=out)
        assert "restored" in out.getvalue()
        assert User.objects.get(pk=alice.pk).email == alice.email
        assert [check.name for check in checks.broken()] == []
        assert rights.wrong() == []
        with pytest.raises(Exception, match="append-only"):
            Transaction.objects.update(kind="other")
        assert (Path(settings.MEDIA_ROOT) / "a" / "é two.txt").read_bytes() == b"two" * 500_000
        with pytest.raises(CommandError, match="not empty"):
            call_command("restore", str(backup), stdout=io.StringIO())
        User.objects.filter(pk=alice.pk).update(name="Changed since")
        call_command("restore", str(backup), over=True, stdout=out)
        assert User.objects.get(pk=alice.pk).name == alice.name
        assert rights.wrong() == []


def test_no_money_moves_by_itself_in_restored_books_and_no_number_is_given_twice(
    backup, deposit, atelier, alice, settings, tmp_path
):
    settings.MEDIA_ROOT = str(tmp_path / "elsewhere")
    since = deposits.start(organisation=atelier, amount_micros=7 * EUR, actor=alice)  # the backup misses it
    with scratch.database("test_restore") as name, scratch.pointed_at(name):
        call_command("restore", str(backup), stdout=io.StringIO())
        assert not switches.is_on("payouts") and not switches.is_on("deposits")
        Switch.objects.update(is_on=True)
        later = deposits.start(organisation=atelier, amount_micros=9 * EUR, actor=alice)
        assert later.pk > since.pk


def test_another_key_is_refused_unless_it_is_meant(backup, settings):
    settings.ID_KEY = "another key"
    with scratch.database("test_restore") as name, scratch.pointed_at(name):
        with pytest.raises(CommandError, match="TESSERA_ID_KEY"):
            call_command("restore", str(backup), stdout=io.StringIO())
        call_command("restore", str(backup), other_keys=True, stdout=io.StringIO())
    found, content = drilled(backup)
    assert (found["keys"], content) == ("BROKEN", False)


def test_a_missing_row_a_right_too_many_and_a_broken_law_are_found(deposit, tmp_path, monkeypatch):
    real = archive.row_counts
    monkeypatch.setattr(archive, "row_counts", lambda cursor: real(cursor) | {"payments_entry": 3})
    path = tmp_path / "miscounted.backup"
    archive.write(path, passphrase=WORDS, with_media=False)
    monkeypatch.setattr(archive, "row_counts", real)
    assert drilled(path)[0]["rows"] == "BROKEN"
    monkeypatch.setattr(rights, "give", lambda: None)
    assert drilled(path)[0]["rights"] in {"ok", "BROKEN"}  # by the default rights of the server alone
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE ON payments_entry TO {rights.application()}")
        assert rights.wrong() == ["payments_entry: may UPDATE"]
        cursor.execute(f"REVOKE UPDATE ON payments_entry FROM {rights.application()}")


def test_books_that_did_not_hold_when_they_were_kept_are_found(deposit, tmp_path):
    drop = "ALTER TABLE payments_account DISABLE TRIGGER account_changes_through_entries"
    with without(drop, drop.replace("DISABLE", "ENABLE")), connection.cursor() as cursor:
        cursor.execute("UPDATE payments_account SET balance = balance + 1 WHERE balance > 0")
    path = tmp_path / "broken.backup"
    archive.write(path, passphrase=WORDS, with_media=False)
    found, content = drilled(path)
    assert (found["selfcheck"], found["restored"], content) == ("BROKEN", "ok", False)


def test_media_that_are_not_as_they_were_are_named(deposit, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_add_file", _lying(archive._add_file))
    path = tmp_path / "lying.backup"
    archive.write(path, passphrase=WORDS, with_media=True)
    assert drilled(path)[0]["media"] == "BROKEN"


def _lying(real):
    def add(tar, name, path):
        real(tar, name, path)
        return "0" * 64

    return add


def test_a_name_outside_the_folder_is_never_written():
    for name in ("../x", "/etc/x", "a/../../x"):
        with pytest.raises(sealed.SealError):
            archive._safe(name)


def test_half_a_backup_is_never_left(deposit, tmp_path, monkeypatch):
    def fails(*args, **kwargs):
        raise CommandError("pg_dump failed")

    monkeypatch.setattr(archive, "_dump", fails)
    with pytest.raises(CommandError):
        archive.write(tmp_path / "x.backup", passphrase=WORDS, with_media=False)
    assert not list(tmp_path.glob("x.backup*"))


def test_the_manifest_says_what_it_is_and_names_no_key(backup, settings):
    with archive.opened(backup, WORDS) as reader:
        text = json.dumps(reader.manifest)
        assert reader.manifest["rows"]["payments_transaction"] == 1
        assert settings.ID_KEY not in text and settings.SECRET_KEY not in text
        assert "payments.0001_initial" in reader.manifest["migrations"]


def test_the_drill_compares_with_what_was_known_then(backup):
    assert [each.name for each in drill.run(backup, passphrase=WORDS) if not each.ok] == []


def test_keys_that_never_change_are_told_from_the_one_that_may(settings):
    before = {"keys": archive.fingerprints()}
    settings.SECRET_KEY = "another"
    assert bringing.other_than(before) == []
