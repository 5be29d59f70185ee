-- Charter C4: people are let in in the order in which they came, whoever lets them in, and nobody is put back in line.
-- Checked when the statement is done, so that several may be let in by one. An account that is closed holds nobody up.
CREATE OR REPLACE FUNCTION workers_admitted_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.admitted_at IS NULL THEN
        RAISE EXCEPTION 'worker % was let in before', NEW.user_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'worker_admitted_once';
    END IF;
    IF EXISTS (
        SELECT 1 FROM workers_workerprofile w JOIN base_user u ON u.id = w.user_id
        WHERE w.admitted_at IS NULL AND u.is_active
          AND (w.created_at, w.user_id) < (NEW.created_at, NEW.user_id)
    ) THEN
        RAISE EXCEPTION 'somebody came before worker %', NEW.user_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'worker_admitted_in_order';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER worker_admitted_in_order
    AFTER UPDATE OF admitted_at ON workers_workerprofile
    FOR EACH ROW WHEN (OLD.admitted_at IS DISTINCT FROM NEW.admitted_at)
    EXECUTE FUNCTION workers_admitted_in_order();
