from django.db import migrations, models
from django.db.models import F, Q

# A comparison with nothing is neither true nor false, and a check lets that pass: each half is asked for by name.
GROWS = models.CheckConstraint(
    condition=Q(overlap_most__isnull=True, confidence__isnull=True)
    | Q(overlap_most__isnull=False, confidence__isnull=False)
    & Q(overlap_most__gt=F("overlap"), overlap_most__lte=100)
    & Q(confidence__gt=0, confidence__lt=1),
    name="batch_grows_to_a_confidence",
)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0011_gold_from_row")]

    operations = [
        migrations.AddField("batchmodel", "answers", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.RemoveConstraint("batch", "batch_grows_to_a_confidence"),
        migrations.AddConstraint("batch", GROWS),
    ]
