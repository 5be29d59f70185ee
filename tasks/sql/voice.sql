-- Ratings of requesters and messages (charter M11): who may write them, what stays, and what only a decision may do.

-- A rating hangs on an answer that was approved: its worker's, for this very organisation. Approved is final.
CREATE FUNCTION tasks_rating_by_who_was_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM tasks_assignment a JOIN tasks_batch b ON b.id = a.batch_id
        WHERE a.id = NEW.assignment_id AND a.worker_id = NEW.worker_id AND a.state = 'approved'
          AND b.organisation_id = NEW.organisation_id
    ) THEN
        RAISE EXCEPTION 'only who was paid by organisation % rates it', NEW.organisation_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rating_only_by_who_was_paid';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rating_only_by_who_was_paid
    BEFORE INSERT OR UPDATE OF assignment_id, worker_id, organisation_id ON tasks_rating
    FOR EACH ROW EXECUTE FUNCTION tasks_rating_by_who_was_paid();

-- What is shown stays: nobody deletes it or changes its marks, an answer is given once. Words may only go, as a person
-- is erased.
CREATE FUNCTION tasks_rating_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.shown_in IS NULL THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
       OR (NEW.pay, NEW.clarity, NEW.fairness) IS DISTINCT FROM (OLD.pay, OLD.clarity, OLD.fairness)
       OR (NEW.organisation_id, NEW.worker_id, NEW.half_year, NEW.shown_in)
          IS DISTINCT FROM (OLD.organisation_id, OLD.worker_id, OLD.half_year, OLD.shown_in)
       OR (NEW.words NOT IN (OLD.words, '') AND NEW.words NOT LIKE '%[erased]%')
       OR (NEW.answer <> OLD.answer AND OLD.answer <> '' AND NEW.answer NOT LIKE '%[erased]%') THEN
        RAISE EXCEPTION 'a rating that is shown stays as it is'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'rating_stays_once_shown';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rating_stays_once_shown BEFORE UPDATE OR DELETE ON tasks_rating
    FOR EACH ROW EXECUTE FUNCTION tasks_rating_stays();

-- Hidden only by the written decision of a person, which the objection holds.
CREATE FUNCTION tasks_rating_hidden_by_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM tasks_objection o
        WHERE o.rating_id = NEW.id AND coalesce(nullif(o.last_outcome, ''), o.outcome)
              = CASE NEW.hidden WHEN 'all' THEN 'hidden' ELSE NEW.hidden END
    ) THEN
        RAISE EXCEPTION 'rating % is hidden without a decision', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rating_hidden_only_by_decision';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rating_hidden_only_by_decision BEFORE INSERT OR UPDATE OF hidden ON tasks_rating
    FOR EACH ROW WHEN (NEW.hidden <> '') EXECUTE FUNCTION tasks_rating_hidden_by_decision();

CREATE FUNCTION tasks_thread_silenced_by_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM tasks_objection o
        WHERE o.thread_id = NEW.id AND o.side <> NEW.silenced
          AND coalesce(nullif(o.last_outcome, ''), o.outcome) = 'silenced'
    ) THEN
        RAISE EXCEPTION 'nobody is silenced without a decision'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'thread_silenced_only_by_decision';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER thread_silenced_only_by_decision BEFORE INSERT OR UPDATE OF silenced ON tasks_thread
    FOR EACH ROW WHEN (NEW.silenced <> '') EXECUTE FUNCTION tasks_thread_silenced_by_decision();

-- A message is by one of the two: the worker of its thread, or a member of the organisation that asks.
CREATE FUNCTION tasks_message_by_one_of_the_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM tasks_thread t JOIN tasks_batch b ON b.id = t.batch_id
        WHERE t.id = NEW.thread_id AND t.silenced <> NEW.side AND (
            (NEW.side = 'worker' AND t.worker_id = NEW.author_id)
            OR (NEW.side = 'requester' AND EXISTS (
                SELECT 1 FROM base_membership m
                WHERE m.organisation_id = b.organisation_id AND m.user_id = NEW.author_id
            ))
        )
    ) THEN
        RAISE EXCEPTION 'thread % is not theirs to write in', NEW.thread_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'message_by_one_of_the_two';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_by_one_of_the_two BEFORE INSERT ON tasks_message
    FOR EACH ROW EXECUTE FUNCTION tasks_message_by_one_of_the_two();

-- And it stays as it was sent, whichever side would rather have it otherwise; only erasing a person takes words out.
CREATE FUNCTION tasks_message_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.text <> OLD.text AND NEW.text NOT LIKE '%[erased]%')
       OR (NEW.thread_id, NEW.side, NEW.author_id, NEW.assignment_id, NEW.sent_at)
          IS DISTINCT FROM (OLD.thread_id, OLD.side, OLD.author_id, OLD.assignment_id, OLD.sent_at) THEN
        RAISE EXCEPTION 'a message stays as it was sent'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'message_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_stays BEFORE UPDATE OR DELETE ON tasks_message
    FOR EACH ROW EXECUTE FUNCTION tasks_message_stays();

-- A written decision is not rewritten; a complaint adds another one. Erasing a person may take their name out of it.
CREATE FUNCTION tasks_objection_decision_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (OLD.decided_at IS NOT NULL AND (
           (NEW.outcome, NEW.decided_by_id, NEW.decided_at)
               IS DISTINCT FROM (OLD.outcome, OLD.decided_by_id, OLD.decided_at)
           OR (NEW.statement <> OLD.statement AND NEW.statement NOT LIKE '%[erased]%')))
       OR (OLD.last_decided_at IS NOT NULL AND (
           (NEW.last_outcome, NEW.last_decided_by_id, NEW.last_decided_at)
               IS DISTINCT FROM (OLD.last_outcome, OLD.last_decided_by_id, OLD.last_decided_at)
           OR (NEW.last_statement <> OLD.last_statement AND NEW.last_statement NOT LIKE '%[erased]%'))) THEN
        RAISE EXCEPTION 'a decision is not changed'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'objection_decision_is_final';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER objection_decision_is_final BEFORE UPDATE OR DELETE ON tasks_objection
    FOR EACH ROW EXECUTE FUNCTION tasks_objection_decision_is_final();
