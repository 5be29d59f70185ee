-- Law 3: only a moderator's written decision ends in non-payment. Checked at commit, whatever the code does.
CREATE FUNCTION tasks_rejection_has_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM tasks_dispute d
        WHERE d.assignment_id = NEW.id AND d.outcome = 'reject' AND d.decided_by_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'assignment % is rejected without a moderator''s decision', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_rejected_only_by_decision';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER assignment_rejected_only_by_decision
    AFTER INSERT OR UPDATE OF state ON tasks_assignment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'rejected') EXECUTE FUNCTION tasks_rejection_has_decision();

-- A decision to pay is final, and a written decision is not rewritten.
CREATE FUNCTION tasks_decision_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.decided_at IS NOT NULL THEN
        RAISE EXCEPTION 'a decision is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_decision_is_final BEFORE UPDATE OR DELETE ON tasks_dispute
    FOR EACH ROW EXECUTE FUNCTION tasks_decision_is_final();

-- An appeal is decided by another moderator than the dispute.
CREATE FUNCTION tasks_appeal_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_appeal AND NEW.decided_by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM tasks_dispute d
        WHERE d.assignment_id = NEW.assignment_id AND NOT d.is_appeal AND d.decided_by_id = NEW.decided_by_id
    ) THEN
        RAISE EXCEPTION 'an appeal is decided by another moderator'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'appeal_decided_by_another';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appeal_decided_by_another BEFORE INSERT OR UPDATE ON tasks_dispute
    FOR EACH ROW EXECUTE FUNCTION tasks_appeal_by_another();
