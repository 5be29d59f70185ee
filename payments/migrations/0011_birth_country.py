"""Where somebody was born has a country, or the tax office can't tell two towns of one name apart."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_batch_terms")]

    operations = [
        migrations.AddField(
            "payee",
            "birth_country",
            models.CharField("country of birth", max_length=2, blank=True, default="", db_default=""),
        ),
        migrations.AddConstraint(
            "payee",
            models.CheckConstraint(
                condition=models.Q(birth_country="") | models.Q(birth_country__regex=r"^[A-Z]{2}$"),
                name="payee_birth_country_is_iso",
            ),
        ),
    ]
