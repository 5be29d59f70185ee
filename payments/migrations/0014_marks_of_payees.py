"""The marks of payout details that were given before there were any; the job `one-person` finds who has them in common."""

from typing import Any

from django.db import migrations

from payments.services import person_marks


def mark(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("payments", "PersonMark").objects
    make = apps.get_model("payments", "PersonMark")
    for payee in apps.get_model("payments", "Payee").objects.order_by("pk").iterator(chunk_size=500):
        marks = person_marks.of(
            legal_name=payee.legal_name,
            tax_residence=payee.tax_residence,
            tin=payee.tin,
            iban=payee.iban,
            mobile_number=payee.mobile_number,
        )
        rows.bulk_create(
            [
                make(
                    user_id=payee.user_id,
                    kind=kind,
                    digest=digest,
                    first_seen_at=payee.updated_at,
                    last_seen_at=payee.updated_at,
                )
                for kind, digest in sorted(marks)
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_one_person")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
