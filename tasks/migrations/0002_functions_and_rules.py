from pathlib import Path

from django.db import migrations

from marketplace.base import sqlfile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial"), ("workers", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE tasks_task SET (fillfactor = 85); ALTER TABLE tasks_assignment SET (fillfactor = 85);",
            "ALTER TABLE tasks_task RESET (fillfactor); ALTER TABLE tasks_assignment RESET (fillfactor);",
        ),
        sqlfile.run(
            SQL / "claims.sql",
            "DROP FUNCTION tasks_expire; DROP FUNCTION tasks_give_back; DROP FUNCTION tasks_step;"
            " DROP FUNCTION tasks_submit; DROP FUNCTION tasks_claim; DROP FUNCTION tasks_pick;"
            " DROP FUNCTION tasks_in_hand; DROP FUNCTION tasks_standing;",
        ),
        sqlfile.run(
            SQL / "rules.sql",
            "DROP TRIGGER assignment_rejected_only_by_decision ON tasks_assignment;"
            " DROP TRIGGER dispute_decision_is_final ON tasks_dispute;"
            " DROP TRIGGER appeal_decided_by_another ON tasks_dispute;"
            " DROP FUNCTION tasks_rejection_has_decision; DROP FUNCTION tasks_decision_is_final;"
            " DROP FUNCTION tasks_appeal_by_another;",
        ),
        sqlfile.run(
            SQL / "keys.sql",
            "DROP TRIGGER task_has_parents ON tasks_task; DROP TRIGGER task_keeps_parents ON tasks_task;"
            " DROP TRIGGER batch_after_its_tasks ON tasks_batch;"
            " DROP TRIGGER import_after_its_tasks ON tasks_import;"
            " DROP FUNCTION tasks_rows_have_parents; DROP FUNCTION tasks_row_keeps_parents;"
            " DROP FUNCTION tasks_parent_has_no_rows;",
        ),
    ]
