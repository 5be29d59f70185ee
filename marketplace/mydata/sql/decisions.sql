-- A written decision is not rewritten; but when a person is erased (charter D3) their own words in it, and their name
-- where others wrote it, may go. The service says so for its transaction only: SET LOCAL tessera.erasing = 'on'.
CREATE OR REPLACE FUNCTION tasks_decision_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('tessera.erasing', true) = 'on'
       AND NEW.statement IN (OLD.statement, '[erased]') AND NEW.reason LIKE '%' || (CASE
           WHEN NEW.reason = OLD.reason THEN '' ELSE '[erased]' END) || '%'
       AND to_jsonb(NEW) - 'statement' - 'reason' = to_jsonb(OLD) - 'statement' - 'reason' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.decided_at IS NOT NULL THEN
        RAISE EXCEPTION 'a decision is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
