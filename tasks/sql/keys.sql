-- What the foreign keys of tasks to their batch and import would check, asked once for each statement.
-- PostgreSQL asks a foreign key row by row: for a million rows of one import that took longer than reading,
-- checking and storing them together (ADR 6). The locks are those of a foreign key, so a parent can't go
-- while rows that name it arrive.
CREATE FUNCTION tasks_rows_have_parents() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named bigint[];
    found integer;
BEGIN
    SELECT array_agg(DISTINCT batch_id) INTO named FROM added;
    PERFORM 1 FROM tasks_batch WHERE id = ANY (named) ORDER BY id FOR KEY SHARE;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found < coalesce(cardinality(named), 0) THEN
        RAISE EXCEPTION 'a task names a batch that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'task_of_batch';
    END IF;
    SELECT array_agg(DISTINCT source_id) INTO named FROM added WHERE source_id IS NOT NULL;
    PERFORM 1 FROM tasks_import WHERE id = ANY (named) ORDER BY id FOR KEY SHARE;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found < coalesce(cardinality(named), 0) THEN
        RAISE EXCEPTION 'a task names an import that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'task_of_import';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER task_has_parents AFTER INSERT ON tasks_task
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tasks_rows_have_parents();

-- A task stays with the batch and the import it came with.
CREATE FUNCTION tasks_row_keeps_parents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a task stays with its batch and its import'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'task_keeps_parents';
END $$;
CREATE TRIGGER task_keeps_parents BEFORE UPDATE OF batch_id, source_id ON tasks_task
    FOR EACH ROW WHEN (OLD.batch_id <> NEW.batch_id OR OLD.source_id IS DISTINCT FROM NEW.source_id)
    EXECUTE FUNCTION tasks_row_keeps_parents();

-- A batch or an import goes only after its tasks. The row is locked by the time a trigger runs, and each
-- statement of the function sees what has been committed until then: rows that had arrived are seen.
CREATE FUNCTION tasks_parent_has_no_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held boolean;
BEGIN
    IF TG_TABLE_NAME = 'tasks_batch' THEN
        held := EXISTS (SELECT 1 FROM tasks_task WHERE batch_id = OLD.id);
    ELSE
        held := EXISTS (SELECT 1 FROM tasks_task WHERE source_id = OLD.id);
    END IF;
    IF held THEN
        RAISE EXCEPTION '% % still has tasks', TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'tasks_first';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER batch_after_its_tasks BEFORE DELETE OR UPDATE OF id ON tasks_batch
    FOR EACH ROW EXECUTE FUNCTION tasks_parent_has_no_rows();
CREATE TRIGGER import_after_its_tasks BEFORE DELETE OR UPDATE OF id ON tasks_import
    FOR EACH ROW EXECUTE FUNCTION tasks_parent_has_no_rows();
