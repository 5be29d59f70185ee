"""Under which VAT rule a batch was published, and how far credit notes go."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import marketplace.base.clock
from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0002_append_only"),
        ("payments", "0009_books_by_day"),
    ]

    operations = [
        migrations.CreateModel(
            name="BatchTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("batch_ref", models.CharField(max_length=80, unique=True)),
                ("title", models.CharField(max_length=120)),
                (
                    "treatment",
                    models.CharField(
                        choices=[
                            ("domestic", "our country's VAT"),
                            ("reverse_charge", "reverse charge: the customer accounts for the VAT"),
                            ("outside_eu", "not subject to EU VAT: the customer is outside the EU"),
                        ],
                        max_length=14,
                    ),
                ),
                ("vat_rate", models.DecimalField(decimal_places=4, max_digits=5)),
                ("why", models.CharField(max_length=20)),
                ("set_at", models.DateTimeField(default=marketplace.base.clock.now)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="base.organisation"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("treatment__in", ["domestic", "reverse_charge", "outside_eu"])),
                        name="batch_terms_treatment_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("treatment", "domestic"), ("vat_rate__gte", 0), ("vat_rate__lte", 1)),
                            ("vat_rate", 0),
                            _connector="OR",
                        ),
                        name="batch_terms_vat_only_when_domestic",
                    ),
                ],
            },
        ),
        sqlfile.run(SQL / "invoices.sql", (SQL / "invoices_reverse.sql").read_text(encoding="utf-8")),
    ]
