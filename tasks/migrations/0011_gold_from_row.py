from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0010_guest_declines")]

    operations = [
        migrations.AddField("gold", "from_row", models.BooleanField(db_default=False, default=False)),
    ]
