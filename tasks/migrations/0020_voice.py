from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import marketplace.base.clock
from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0003_mail_and_figures"),
        ("tasks", "0019_pilot"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("half_year", models.PositiveSmallIntegerField()),
                ("pay", models.PositiveSmallIntegerField()),
                ("clarity", models.PositiveSmallIntegerField()),
                ("fairness", models.PositiveSmallIntegerField()),
                ("words", models.TextField(blank=True)),
                ("written_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("changed_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("shown_in", models.DateField(null=True)),
                (
                    "hidden",
                    models.CharField(
                        blank=True,
                        choices=[("", "shown"), ("words", "its words are hidden"), ("all", "hidden")],
                        db_default="",
                        default="",
                        max_length=5,
                    ),
                ),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tasks.assignment",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ratings",
                        to="base.organisation",
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Thread",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opened_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("last_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("worker_read", models.BigIntegerField(default=0)),
                ("requester_read", models.BigIntegerField(default=0)),
                (
                    "silenced",
                    models.CharField(
                        blank=True,
                        choices=[("worker", "the worker"), ("requester", "the requester")],
                        db_default="",
                        default="",
                        max_length=9,
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="threads", to="tasks.batch"
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("worker", "the worker"), ("requester", "the requester")], max_length=9
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("names_person", "It names a person, or tells who somebody is"),
                            ("insult", "It insults or threatens"),
                            ("not_the_work", "It is not about the work"),
                            ("personal_data", "It asks for personal data, or for contact outside this site"),
                            ("pressure", "It puts somebody under pressure"),
                        ],
                        max_length=13,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("made_at", models.DateTimeField(default=marketplace.base.clock.now)),
                ("decide_by", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("stays", "It stays as it is"),
                            ("words", "Its words are hidden, its marks stay"),
                            ("hidden", "It is hidden"),
                            ("nothing", "Nothing is wrong with it"),
                            ("warned", "It was not right; who wrote it was told why"),
                            ("silenced", "Who wrote it may not write in this conversation any more"),
                        ],
                        max_length=8,
                    ),
                ),
                ("statement", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("complaint", models.TextField(blank=True)),
                ("complained_at", models.DateTimeField(null=True)),
                ("complaint_by", models.DateTimeField(null=True)),
                (
                    "last_outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("stays", "It stays as it is"),
                            ("words", "Its words are hidden, its marks stay"),
                            ("hidden", "It is hidden"),
                            ("nothing", "Nothing is wrong with it"),
                            ("warned", "It was not right; who wrote it was told why"),
                            ("silenced", "Who wrote it may not write in this conversation any more"),
                        ],
                        max_length=8,
                    ),
                ),
                ("last_statement", models.TextField(blank=True)),
                ("last_decided_at", models.DateTimeField(null=True)),
                (
                    "complained_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "last_decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rating",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="tasks.rating",
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="tasks.thread",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("worker", "the worker"), ("requester", "the requester")], max_length=9
                    ),
                ),
                ("text", models.TextField()),
                ("sent_at", models.DateTimeField(default=marketplace.base.clock.now)),
                (
                    "assignment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tasks.assignment",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="tasks.thread",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BatchQuestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("question", models.TextField()),
                ("answer", models.TextField()),
                ("published_at", models.DateTimeField(default=marketplace.base.clock.now)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="tasks.batch",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tasks.thread",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(
                condition=models.Q(("shown_in__isnull", False)),
                fields=["organisation", "shown_in"],
                name="rating_shown",
            ),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(
                condition=models.Q(("shown_in__isnull", True)), fields=["written_at"], name="rating_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(fields=["worker"], name="rating_of_worker"),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                fields=("organisation", "worker", "half_year"), name="rating_once_in_half_a_year"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("clarity__range", (1, 5)), ("fairness__range", (1, 5)), ("pay__range", (1, 5))
                ),
                name="rating_marks_from_one_to_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("half_year__regex", "^20\\d\\d[12]$")), name="rating_of_half_a_year"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("shown_in__isnull", True), ("shown_in__day", 1), _connector="OR"),
                name="rating_shown_on_the_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("hidden__in", ["", "words", "all"])), name="rating_hidden_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at__isnull", True), ("answered_by__isnull", True)),
                    models.Q(
                        models.Q(("answer", ""), _negated=True),
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                        ("shown_in__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="rating_answered_once_shown_by_a_named_person",
            ),
        ),
        migrations.AddIndex(
            model_name="thread",
            index=models.Index(fields=["worker", "-last_at"], name="thread_of_worker"),
        ),
        migrations.AddConstraint(
            model_name="thread",
            constraint=models.UniqueConstraint(
                fields=("batch", "worker"), name="thread_once_per_worker_and_batch"
            ),
        ),
        migrations.AddConstraint(
            model_name="thread",
            constraint=models.CheckConstraint(
                condition=models.Q(("silenced__in", ["", "worker", "requester"])),
                name="thread_silenced_known",
            ),
        ),
        migrations.AddIndex(
            model_name="objection",
            index=models.Index(
                condition=models.Q(
                    ("outcome", ""),
                    models.Q(("complained_at__isnull", False), ("last_outcome", "")),
                    _connector="OR",
                ),
                fields=["decide_by"],
                name="objection_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rating__isnull", False), ("thread__isnull", True)),
                    models.Q(("rating__isnull", True), ("thread__isnull", False)),
                    _connector="OR",
                ),
                name="objection_to_a_rating_or_to_messages",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["worker", "requester"])), name="objection_side_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("rating__isnull", False), ("reason__in", ["names_person", "insult", "not_the_work"])
                    ),
                    models.Q(
                        ("reason__in", ["personal_data", "insult", "pressure", "not_the_work"]),
                        ("thread__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="objection_reason_from_the_list",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", True),
                        ("decided_by__isnull", True),
                        ("outcome", ""),
                        ("statement", ""),
                    ),
                    models.Q(
                        models.Q(
                            models.Q(
                                ("outcome__in", ["stays", "words", "hidden"]), ("rating__isnull", False)
                            ),
                            models.Q(
                                ("outcome__in", ["nothing", "warned", "silenced"]), ("thread__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        models.Q(("statement", ""), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="objection_decided_by_a_named_person_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("made_by")), _negated=True),
                    _connector="OR",
                ),
                name="objection_decided_by_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("complained_at__isnull", True),
                        ("complained_by__isnull", True),
                        ("complaint_by__isnull", True),
                    ),
                    models.Q(
                        ("complained_at__isnull", False),
                        ("complained_by__isnull", False),
                        ("complaint_by__isnull", False),
                        ("decided_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="objection_complained_about_once_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("last_decided_at__isnull", True),
                        ("last_decided_by__isnull", True),
                        ("last_outcome", ""),
                        ("last_statement", ""),
                    ),
                    models.Q(
                        models.Q(
                            models.Q(
                                ("last_outcome__in", ["stays", "words", "hidden"]), ("rating__isnull", False)
                            ),
                            models.Q(
                                ("last_outcome__in", ["nothing", "warned", "silenced"]),
                                ("thread__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        models.Q(("last_statement", ""), _negated=True),
                        ("complained_at__isnull", False),
                        ("last_decided_at__isnull", False),
                        ("last_decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="objection_complaint_decided_by_a_named_person_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("last_decided_by__isnull", True),
                    models.Q(
                        models.Q(("last_decided_by", models.F("decided_by")), _negated=True),
                        models.Q(("last_decided_by", models.F("complained_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="objection_complaint_decided_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("rating__isnull", False)),
                fields=("rating", "side"),
                name="objection_to_a_rating_once_per_side",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", ""), ("thread__isnull", False)),
                fields=("thread", "side"),
                name="objection_to_messages_one_at_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["thread", "id"], name="message_of_thread"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["author", "sent_at"], name="message_by_author"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["worker", "requester"])), name="message_side_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="message_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="batchquestion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("question", ""), _negated=True), models.Q(("answer", ""), _negated=True)
                ),
                name="batch_question_asks_and_answers",
            ),
        ),
        sqlfile.run(
            SQL / "voice.sql",
            "DROP FUNCTION tasks_rating_by_who_was_paid CASCADE; DROP FUNCTION tasks_rating_stays CASCADE;"
            " DROP FUNCTION tasks_rating_hidden_by_decision CASCADE;"
            " DROP FUNCTION tasks_thread_silenced_by_decision CASCADE;"
            " DROP FUNCTION tasks_message_by_one_of_the_two CASCADE; DROP FUNCTION tasks_message_stays CASCADE;"
            " DROP FUNCTION tasks_objection_decision_is_final CASCADE;",
        ),
    ]
