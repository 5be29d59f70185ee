-- A written decision is not rewritten; but when a person is erased (charter D3) their own words in it go, and their name
-- wherever others wrote it: also out of what another worker said in a dispute of their own.
CREATE OR REPLACE FUNCTION tasks_decision_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('tessera.erasing', true) = 'on'
       AND (NEW.statement = OLD.statement OR NEW.statement LIKE '%[erased]%')
       AND (NEW.reason = OLD.reason OR NEW.reason LIKE '%[erased]%')
       AND to_jsonb(NEW) - 'statement' - 'reason' = to_jsonb(OLD) - 'statement' - 'reason' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.decided_at IS NOT NULL THEN
        RAISE EXCEPTION 'a decision is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
