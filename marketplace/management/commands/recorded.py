"""Give a recorded crowd's answers to a live batch."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.base import ids
from marketplace.simulation import recorded
from tasks.forms import compile_form
from tasks.models import Assignment, Batch


class Command(BaseCommand):
    help = "Let recorded workers (CSV: task, worker, label) give their answers to a live batch, through the services."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", type=Path)
        parser.add_argument("--batch", required=True, help="bat_…")
        parser.add_argument("--id-column", default="task", help="the input column that names the task")
        parser.add_argument("--field", default="same", help="the field of the form that the label answers")
        parser.add_argument("--clients", type=int, default=8)
        parser.add_argument("--truth", type=Path, help="CSV: task, label; prints the majority's accuracy")

    def handle(self, *args: Any, **options: Any) -> None:
        batch = (
            Batch.objects.select_related("organisation")
            .filter(pk=ids.decode("bat", options["batch"]))
            .first()
        )
        if batch is None:
            raise CommandError("There is no such batch.")
        outcome = recorded.give(
            options["labels"],
            batch=batch,
            id_column=options["id_column"],
            field_name=options["field"],
            clients=options["clients"],
        )
        rate = outcome.given / outcome.seconds if outcome.seconds else 0
        self.stdout.write(
            f"given {outcome.given}, recognised again {outcome.repeated}, refused {dict(outcome.refused)}, "
            f"retries {outcome.retries}, {outcome.seconds:.1f} s, {rate:.0f}/s"
        )
        if options["truth"]:
            self.stdout.write(f"majority accuracy {self._accuracy(batch, options):.4f}")

    def _accuracy(self, batch: Batch, options: dict[str, Any]) -> float:
        with options["truth"].open(newline="", encoding="utf-8-sig") as lines:
            truth = {row["task"]: row["label"] for row in csv.DictReader(lines)}
        answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
        rows = Assignment.objects.filter(batch=batch, state__in=Assignment.ANSWERED).order_by("pk")
        for data, answer in rows.values_list("task__data", "answer").iterator():
            answers[data[options["id_column"]]].append(answer or {})
        form = compile_form(batch.form)
        known = [name for name in answers if name in truth]
        right = sum(form.consensus(answers[name])[options["field"]].value == truth[name] for name in known)
        return right / len(known)
