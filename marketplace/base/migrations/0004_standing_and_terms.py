from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("base", "0003_mail_and_figures")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_suspended",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="user",
            name="terms_number",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
    ]
