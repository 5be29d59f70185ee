-- Who has a part in a case, and so decides nothing about it (DESIGN §3). One definition for services and triggers.

CREATE FUNCTION base_organisations_of(person bigint, at timestamptz) RETURNS SETOF bigint
LANGUAGE sql STABLE AS $$
    SELECT organisation_id FROM base_membership WHERE user_id = person
    UNION
    SELECT organisation_id FROM base_formermembership
    WHERE user_id = person AND ended_at > at - interval '365 days'
$$;

-- '' or why `decider` may not decide the case (kind, number) about `people` and `organisation`, at the moment `at`.
CREATE FUNCTION base_conflict(
    kind text, number bigint, decider bigint, people bigint[], organisation bigint, at timestamptz
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN decider = ANY (people) THEN 'self'
        WHEN EXISTS (
            SELECT 1 FROM base_stake s
            WHERE s.kind = $1 AND s.number = $2 AND s.moderator_id = decider
        ) THEN 'declared'
        WHEN organisation IN (SELECT base_organisations_of(decider, at)) THEN 'organisation'
        WHEN EXISTS (
            SELECT base_organisations_of(decider, at)
            INTERSECT
            SELECT base_organisations_of(person, at) FROM unnest(people) AS person
        ) THEN 'shared'
        ELSE ''
    END
$$;

-- Who was asked, by whom, for what, and whether they agreed stays as it was; the words only lose a name to erasure.
CREATE FUNCTION base_opinion_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.kind, NEW.number, NEW.asked_by_id, NEW.act, NEW.act_until)
        IS DISTINCT FROM (OLD.kind, OLD.number, OLD.asked_by_id, OLD.act, OLD.act_until)
        OR OLD.answered_at IS NOT NULL AND (NEW.answered_by_id, NEW.answered_at, NEW.agrees)
        IS DISTINCT FROM (OLD.answered_by_id, OLD.answered_at, OLD.agrees) THEN
        RAISE EXCEPTION 'a second opinion is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER second_opinion_stays BEFORE UPDATE ON base_secondopinion
    FOR EACH ROW EXECUTE FUNCTION base_opinion_stays();
