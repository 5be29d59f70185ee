from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0003_award_contest")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="status_index",
            field=models.BigIntegerField(default=0, unique=True),
            preserve_default=False,
        ),
    ]
