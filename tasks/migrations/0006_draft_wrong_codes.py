from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0005_audience_and_templates")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="wrong_codes",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
