import django.db.models.deletion
from django.db import migrations, models

import marketplace.base.clock


class Migration(migrations.Migration):
    dependencies = [("tasks", "0003_media")]

    operations = [
        migrations.CreateModel(
            name="AnswerFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("photo", "photo"), ("sound", "sound")], max_length=5),
                ),
                ("path", models.CharField(max_length=200)),
                ("size", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("named_at", models.DateTimeField(null=True)),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="tasks.assignment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("named_at__isnull", True)),
                        fields=["created_at"],
                        name="answer_file_unnamed",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["photo", "sound"])),
                        name="answer_file_kind_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="answer_file_not_empty"),
                    models.UniqueConstraint(fields=("path",), name="answer_file_path_once"),
                ],
            },
        ),
    ]
