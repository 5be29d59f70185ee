"""Files of data of people, the sealed archive, and where somebody is still named."""

import json
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.base import audit, ids, money
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from marketplace.mydata import left, other_keys, reading, residue, special, vault
from marketplace.mydata.models import ErasureRequest, SealedRecord
from workers.services import certificate_keys as keys


class Command(BaseCommand):
    help = "Verify a file of data, open the sealed archive, find where a text stands, list who was erased."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = parser.add_subparsers(dest="what", required=True)
        verify = kinds.add_parser("verify", help="is this file as it was made, and who signed it")
        verify.add_argument("file", type=Path)
        verify.add_argument(
            "--key",
            default="",
            help="whose signature is looked for: `x` of a JWK, or a file, an https address or a did:web name where a"
            " JWK, a JWK set or a DID document stands; without it, this installation's own keys count",
        )
        verify.add_argument("--json", action="store_true", help="print the data once the signature holds")
        kinds.add_parser("schema", help="the JSON Schema of data.json")
        kinds.add_parser(
            "new-key", help="a pair of keys for the sealed archive; the private one is shown once"
        )
        open_ = kinds.add_parser(
            "open", help="open the sealed record of a person with the archive's private key"
        )
        open_.add_argument("person", help="usr_…")
        open_.add_argument(
            "--key-file", type=Path, help="the private key; without it the standard input is read"
        )
        kinds.add_parser(
            "find", help="where the texts of the standard input, one a line, stand in all that is kept"
        )
        back = kinds.add_parser(
            "give-back", help="give what a bank sent back for somebody who left to the account they have now"
        )
        back.add_argument("person", help="usr_… of who left, as the books in the console show it")
        back.add_argument(
            "--to",
            required=True,
            help="usr_… of the account they have now, once it is clear that it is theirs",
        )
        kinds.add_parser("erased", help="the numbers of everybody who was erased, one a line")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, "_" + options["what"].replace("-", "_"))(options)

    def _verify(self, options: dict[str, Any]) -> None:
        known, where = _keys(options["key"])
        try:
            with options["file"].open("rb") as file:
                found = reading.read(file, known=known)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        if not found.holds:
            raise CommandError(" ".join(_why_not(found, where)))
        faults = reading.faults(found.data)
        if faults:
            raise CommandError(f"Signed, but not as the schema says: {'; '.join(faults[:10])}")
        if options["json"]:
            self.stdout.write(json.dumps(found.data, ensure_ascii=False, indent=1))
            return
        manifest = found.manifest
        self.stdout.write(
            f"{found.standing.label}: {manifest['person']}, by {manifest['made_by']}, {manifest['made_at']}."
        )
        self.stdout.write(
            f"Held against {where}: {len(manifest['sha256'])} files have the SHA-256 of the manifest, and the manifest"
            f" is signed by key {found.key}, which the file calls {found.kid}."
        )
        counts = [
            f"{len(rows)} {name}" for name, rows in found.data.items() if isinstance(rows, list) and rows
        ]
        self.stdout.write(", ".join(counts))

    def _schema(self, options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(reading.schema(), indent=1, ensure_ascii=False))

    def _new_key(self, options: dict[str, Any]) -> None:
        private = X25519PrivateKey.generate()
        self.stdout.write(f"TESSERA_ARCHIVE_KEY={vault.public_text(private)}")
        self.stderr.write("Keep this one away from the site, twice; without it nothing can be opened:")
        self.stderr.write(vault.private_text(private))

    def _open(self, options: dict[str, Any]) -> None:
        text = options["key_file"].read_text() if options["key_file"] else sys.stdin.readline()
        try:
            private = vault.read_private(text)
        except ValueError as error:
            raise CommandError(str(error)) from None
        number = ids.decode("usr", options["person"])
        rows = SealedRecord.objects.filter(user=number, sealed__isnull=False).order_by("pk")
        if not rows:
            raise CommandError("Nothing is sealed of this person, or its time is over.")
        audit.record("mydata:archive:open", options["person"], actor=None, records=len(rows))
        for row in rows:
            try:
                self.stdout.write(json.dumps(vault.opened(row, private), ensure_ascii=False, indent=1))
            except vault.NotOpened:
                raise CommandError(f"This key does not open it: it was sealed to {row.key_id}.") from None

    def _give_back(self, options: dict[str, Any]) -> None:
        people = [
            User.objects.filter(pk=ids.decode("usr", options[name])).first() for name in ("person", "to")
        ]
        if people[0] is None or people[1] is None:
            raise CommandError("There is nobody with this number.")
        try:
            micros = left.give_back(user=people[0], to=people[1])
        except (ErasureRequest.DoesNotExist, ValueError):
            raise CommandError(f"{options['person']} has not left: nothing is kept for them.") from None
        except Refusal as refusal:
            raise CommandError(" ".join([refusal.message, *map(str, refusal.fields.get("to", []))])) from None
        self.stdout.write(f"{money.to_string(micros)} EUR is due to {options['to']} now.")

    def _find(self, options: dict[str, Any]) -> None:
        texts = [line.strip() for line in sys.stdin if line.strip()]
        if not texts:
            raise CommandError("Write what to look for on the standard input, one text a line.")
        for column, count in residue.in_database(texts).items():
            self.stdout.write(f"{column}: {count}")
        for name in residue.in_media(texts):
            self.stdout.write(f"media: {name}")

    def _erased(self, options: dict[str, Any]) -> None:
        for number in special.remembered():
            self.stdout.write(str(number))


def _keys(text: str) -> tuple[list[Ed25519PublicKey], str]:
    """The keys whose signatures count, and in words where they are from."""
    if not text:
        return [key.public for key in keys.public_keys()], "the keys of this installation"
    try:
        return other_keys.named(text)
    except keys.BadKey as error:
        raise CommandError(str(error)) from None


def _why_not(found: reading.Found, where: str) -> list[str]:
    said = [f"{found.standing.label}.", found.why, *found.wrong[:10]]
    if found.standing == reading.Standing.FOREIGN:
        said.append(
            f"It calls its key {found.kid or 'nothing'}; it was held against {where}. The key of another site is named"
            f" with --key, as --key {str(found.manifest.get('made_by')).rstrip('/')}/.well-known/did.json"
        )
    return [each for each in said if each]
