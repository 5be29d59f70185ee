-- A centre is checked, and closed, by nobody who has a part in it; who runs it may close it themselves (docs/adr/0071).
CREATE FUNCTION tasks_centre_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    runs bigint[];
    closer bigint := NEW.closed_by_id;
BEGIN
    SELECT coalesce(array_agg(c.user_id), '{}') INTO runs
    FROM workers_centrecoordinator c WHERE c.centre_id = NEW.id AND c.until IS NULL;
    IF closer = ANY (runs) THEN closer := NULL; END IF;
    IF NEW.closed_by_id IS NULL THEN
        PERFORM tasks_refuse_conflict('ctr', NEW.id, ARRAY[NEW.checked_by_id], runs || NEW.asked_by_id, NULL,
            NEW.checked_at);
    ELSE
        PERFORM tasks_refuse_conflict('ctr', NEW.id, ARRAY[closer], runs || NEW.asked_by_id, NULL, NEW.closed_at);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER centre_decided_by_nobody_involved BEFORE UPDATE OF checked_by_id, closed_by_id ON workers_centre
    FOR EACH ROW WHEN (
        NEW.checked_by_id IS DISTINCT FROM OLD.checked_by_id OR NEW.closed_by_id IS DISTINCT FROM OLD.closed_by_id
    ) EXECUTE FUNCTION tasks_centre_uninvolved();
