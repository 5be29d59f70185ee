-- Whether two accounts are one person's is decided by nobody who has a part in it (charter M2; docs/adr/0073).
CREATE FUNCTION tasks_person_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_refuse_conflict('prs', NEW.id, ARRAY[NEW.decided_by_id], ARRAY[NEW.first_id, NEW.second_id], NULL,
        NEW.decided_at);
    RETURN NEW;
END $$;
CREATE TRIGGER person_decided_by_nobody_involved BEFORE UPDATE OF decided_by_id ON payments_personpair
    FOR EACH ROW WHEN (NEW.decided_by_id IS NOT NULL) EXECUTE FUNCTION tasks_person_uninvolved();
