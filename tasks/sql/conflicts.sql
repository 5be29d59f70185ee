-- Nobody decides what they have a part in, whatever the code above does (DESIGN §3, law 5; docs/adr/0072).

CREATE FUNCTION tasks_conflict(
    kind text, number bigint, decider bigint, people bigint[], organisation bigint, at timestamptz
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        nullif(base_conflict(kind, number, decider, people, organisation, at), ''),
        CASE
            WHEN NOT EXISTS (SELECT base_organisations_of(decider, at)) THEN ''
            WHEN EXISTS (
                SELECT 1 FROM tasks_assignment a JOIN tasks_batch b ON b.id = a.batch_id
                WHERE a.worker_id = ANY (people) AND a.claimed_at > at - interval '365 days'
                    AND b.organisation_id IN (SELECT base_organisations_of(decider, at))
            ) THEN 'works_for'
            ELSE ''
        END
    )
$$;

CREATE FUNCTION tasks_refuse_conflict(
    kind text, number bigint, deciders bigint[], people bigint[], organisation bigint, at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    decider bigint;
    code text;
BEGIN
    FOREACH decider IN ARRAY deciders LOOP
        CONTINUE WHEN decider IS NULL;
        code := tasks_conflict(kind, number, decider, people, organisation, at);
        IF code <> '' THEN
            RAISE EXCEPTION 'decided by somebody who has a part in it'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decided_by_nobody_involved', DETAIL = code;
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION tasks_dispute_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    worker bigint;
    asker bigint;
    organisation bigint;
BEGIN
    SELECT a.worker_id, c.opened_by_id, b.organisation_id INTO worker, asker, organisation
    FROM tasks_assignment a JOIN tasks_batch b ON b.id = a.batch_id
        LEFT JOIN tasks_contest c ON c.assignment_id = a.id
    WHERE a.id = NEW.assignment_id;
    PERFORM tasks_refuse_conflict('dis', NEW.id, ARRAY[NEW.decided_by_id, NEW.second_by_id],
        ARRAY[worker, asker], organisation, NEW.decided_at);
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_decided_by_nobody_involved BEFORE UPDATE OF decided_by_id, second_by_id ON tasks_dispute
    FOR EACH ROW WHEN (NEW.decided_by_id IS NOT NULL) EXECUTE FUNCTION tasks_dispute_uninvolved();

CREATE FUNCTION tasks_report_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_refuse_conflict('rep', NEW.id, ARRAY[NEW.decided_by_id, NEW.reopened_by_id],
        ARRAY[NEW.reporter_id], NEW.organisation_id, coalesce(NEW.reopened_at, NEW.decided_at));
    RETURN NEW;
END $$;
CREATE TRIGGER report_decided_by_nobody_involved BEFORE UPDATE OF decided_by_id, reopened_by_id ON tasks_report
    FOR EACH ROW WHEN (NEW.decided_by_id IS NOT NULL) EXECUTE FUNCTION tasks_report_uninvolved();

CREATE FUNCTION tasks_report_complaint_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reporter bigint;
    organisation bigint;
BEGIN
    SELECT r.reporter_id, r.organisation_id INTO reporter, organisation
    FROM tasks_report r WHERE r.id = NEW.report_id;
    PERFORM tasks_refuse_conflict('rep', NEW.report_id, ARRAY[NEW.decided_by_id],
        ARRAY[reporter, NEW.made_by_id], organisation, NEW.decided_at);
    RETURN NEW;
END $$;
CREATE TRIGGER report_complaint_decided_by_nobody_involved BEFORE UPDATE OF decided_by_id ON tasks_reportcomplaint
    FOR EACH ROW WHEN (NEW.decided_by_id IS NOT NULL) EXECUTE FUNCTION tasks_report_complaint_uninvolved();

CREATE FUNCTION tasks_of_batch_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    organisation bigint;
BEGIN
    SELECT b.organisation_id INTO organisation FROM tasks_batch b WHERE b.id = NEW.batch_id;
    IF TG_TABLE_NAME = 'tasks_batchpause' THEN
        PERFORM tasks_refuse_conflict('pse', NEW.id, ARRAY[NEW.reviewed_by_id],
            ARRAY[NEW.worker_id], organisation, NEW.reviewed_at);
    ELSIF TG_TABLE_NAME = 'tasks_signal' THEN
        PERFORM tasks_refuse_conflict('sig', NEW.id, ARRAY[NEW.seen_by_id],
            ARRAY[NEW.worker_id], organisation, NEW.seen_at);
    ELSE
        PERFORM tasks_refuse_conflict('imp', NEW.id, ARRAY[NEW.screened_by_id],
            ARRAY[NEW.created_by_id], organisation, NEW.screened_at);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pause_reviewed_by_nobody_involved BEFORE UPDATE OF reviewed_by_id ON tasks_batchpause
    FOR EACH ROW WHEN (NEW.reviewed_by_id IS NOT NULL) EXECUTE FUNCTION tasks_of_batch_uninvolved();
CREATE TRIGGER signal_seen_by_nobody_involved BEFORE UPDATE OF seen_by_id ON tasks_signal
    FOR EACH ROW WHEN (NEW.seen_by_id IS NOT NULL) EXECUTE FUNCTION tasks_of_batch_uninvolved();
CREATE TRIGGER rows_screened_by_nobody_involved BEFORE UPDATE OF screened_by_id ON tasks_import
    FOR EACH ROW WHEN (NEW.screened_by_id IS NOT NULL) EXECUTE FUNCTION tasks_of_batch_uninvolved();

CREATE FUNCTION tasks_screened_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_refuse_conflict('bat', NEW.id, ARRAY[NEW.screened_by_id],
        ARRAY[NEW.created_by_id], NEW.organisation_id, NEW.screened_at);
    RETURN NEW;
END $$;
CREATE TRIGGER batch_screened_by_nobody_involved BEFORE UPDATE OF screened_by_id ON tasks_batch
    FOR EACH ROW WHEN (NEW.screened_by_id IS NOT NULL) EXECUTE FUNCTION tasks_screened_uninvolved();

-- What stands in the apps below: who worked for whom is known here.
CREATE FUNCTION tasks_award_contest_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holder bigint;
    taker bigint;
    organisation bigint;
BEGIN
    SELECT w.user_id, w.revoked_by_id, q.organisation_id INTO holder, taker, organisation
    FROM workers_award w JOIN workers_qualification q ON q.id = w.qualification_id WHERE w.id = NEW.award_id;
    PERFORM tasks_refuse_conflict('awd', NEW.award_id, ARRAY[NEW.decided_by_id],
        ARRAY[holder, taker], organisation, NEW.decided_at);
    RETURN NEW;
END $$;
CREATE TRIGGER award_contest_decided_by_nobody_involved BEFORE UPDATE OF decided_by_id ON workers_awardcontest
    FOR EACH ROW WHEN (NEW.decided_by_id IS NOT NULL) EXECUTE FUNCTION tasks_award_contest_uninvolved();

CREATE FUNCTION tasks_restriction_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.ends_at IS NULL AND NOT NEW.needs_second THEN
        RAISE EXCEPTION 'a restriction without an end takes two people'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'restriction_without_end_by_two';
    END IF;
    PERFORM tasks_refuse_conflict('usr', NEW.user_id, ARRAY[NEW.decided_by_id, NEW.second_by_id, NEW.lifted_by_id],
        ARRAY[NEW.user_id], NULL, coalesce(NEW.lifted_at, NEW.starts_at));
    RETURN NEW;
END $$;
CREATE TRIGGER restriction_decided_by_nobody_involved BEFORE INSERT ON workers_restriction
    FOR EACH ROW EXECUTE FUNCTION tasks_restriction_uninvolved();

CREATE FUNCTION tasks_lift_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_refuse_conflict('usr', NEW.user_id, ARRAY[NEW.lifted_by_id], ARRAY[NEW.user_id], NULL, NEW.lifted_at);
    RETURN NEW;
END $$;
CREATE TRIGGER restriction_lifted_by_nobody_involved BEFORE UPDATE OF lifted_by_id ON workers_restriction
    FOR EACH ROW WHEN (NEW.lifted_by_id IS NOT NULL) EXECUTE FUNCTION tasks_lift_uninvolved();

CREATE FUNCTION tasks_complaint_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_refuse_conflict('cmp', NEW.id, ARRAY[NEW.decided_by_id], ARRAY[NEW.made_by_id], NULL, NEW.decided_at);
    RETURN NEW;
END $$;
CREATE TRIGGER complaint_answered_by_nobody_involved BEFORE UPDATE OF decided_by_id ON workers_complaint
    FOR EACH ROW WHEN (NEW.decided_by_id IS NOT NULL) EXECUTE FUNCTION tasks_complaint_uninvolved();

CREATE FUNCTION tasks_payout_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_refuse_conflict('pay', NEW.id, ARRAY[NEW.held_by_id, NEW.released_by_id],
        ARRAY[NEW.user_id], NULL, coalesce(NEW.released_at, NEW.held_at));
    RETURN NEW;
END $$;
CREATE TRIGGER payout_held_by_nobody_involved BEFORE UPDATE OF held_by_id, released_by_id ON payments_payout
    FOR EACH ROW WHEN (
        NEW.held_by_id IS DISTINCT FROM OLD.held_by_id OR NEW.released_by_id IS DISTINCT FROM OLD.released_by_id
    ) EXECUTE FUNCTION tasks_payout_uninvolved();

CREATE FUNCTION tasks_grant_uninvolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_refuse_conflict('grt', NEW.id, ARRAY[NEW.decided_by_id], ARRAY[NEW.worker_id], NULL, NEW.ended_at);
    RETURN NEW;
END $$;
CREATE TRIGGER grant_decided_by_nobody_involved BEFORE UPDATE OF decided_by_id ON payments_helpgrant
    FOR EACH ROW WHEN (NEW.decided_by_id IS NOT NULL) EXECUTE FUNCTION tasks_grant_uninvolved();
