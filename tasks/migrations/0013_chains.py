from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"

# Rows that nobody has seen are taken out in several places, in sets: the key forgets them by itself.
FORGETS = """
DO $$
DECLARE v_name text;
BEGIN
    SELECT conname INTO STRICT v_name FROM pg_constraint
    WHERE conrelid = 'tasks_chainlink'::regclass AND contype = 'f' AND conkey = ARRAY[(
        SELECT attnum FROM pg_attribute
        WHERE attrelid = 'tasks_chainlink'::regclass AND attname = 'target_task_id')];
    EXECUTE format('ALTER TABLE tasks_chainlink DROP CONSTRAINT %I', v_name);
END $$;
ALTER TABLE tasks_chainlink ADD CONSTRAINT chain_link_forgets_its_row FOREIGN KEY (target_task_id)
    REFERENCES tasks_task (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("tasks", "0012_model_answers")]

    operations = [
        migrations.AlterField(
            model_name="chainlink",
            name="target_task",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="chain_link",
                to="tasks.task",
            ),
        ),
        migrations.RunSQL(FORGETS),
        migrations.RunSQL((SQL / "claims.sql").read_text(encoding="utf-8")),
    ]
