-- The hot path (docs/adr): submit-and-next is two statements, `tasks_in_hand` reads and `tasks_step` writes, each
-- a function, so that it costs one round trip and no planning. The time is always a parameter.
--
-- Lock order everywhere: assignment rows, task rows, cap rows, ledger accounts.
--
-- Run again, as a whole, by each migration that changes one of them. The first of them runs before some columns are
-- there, so the bodies are not looked at until they are called.
SET LOCAL check_function_bodies = off;

-- Both give one column more than they did once, which CREATE OR REPLACE refuses.
DROP FUNCTION IF EXISTS tasks_standing(bigint, timestamptz);
DROP FUNCTION IF EXISTS tasks_in_hand(bigint, bigint, timestamptz);

-- What the rules of eligibility need to know of a person: country ('' without a profile), organisations, whether their
-- claims are paused, and whether they wait in line to begin (charter C4). No row for an unknown number.
CREATE FUNCTION tasks_standing(p_worker bigint, p_now timestamptz)
RETURNS TABLE (country text, organisations bigint[], restricted boolean, waits boolean)
LANGUAGE sql STABLE AS $$
    SELECT coalesce(w.country, ''),
           ARRAY(SELECT m.organisation_id FROM base_membership m WHERE m.user_id = u.id),
           EXISTS (SELECT 1 FROM workers_restriction r WHERE r.user_id = u.id AND r.lifted_at IS NULL
                   AND r.starts_at <= p_now AND (r.ends_at IS NULL OR r.ends_at > p_now)),
           w.user_id IS NOT NULL AND w.admitted_at IS NULL
    FROM base_user u LEFT JOIN workers_workerprofile w ON w.user_id = u.id WHERE u.id = p_worker
$$;

-- An assignment of this worker with what answering it and claiming the next takes of its batch, the worker's standing,
-- and the number of tasks left as of the last snapshot. No row for an assignment of somebody else.
CREATE FUNCTION tasks_in_hand(p_assignment bigint, p_worker bigint, p_now timestamptz)
RETURNS TABLE (
    id bigint, task_id bigint, state text, claimed_at timestamptz, lease_until timestamptz, reward_micros bigint,
    batch_id bigint, batch_state text, title text, instructions text, form jsonb, batch_reward_micros bigint,
    estimated_seconds integer, measured_seconds integer, countries text[], time_limit_seconds integer,
    role text, conditions jsonb, organisation_id bigint, organisation text,
    country text, organisations bigint[], restricted boolean, waits boolean, audience text, open_tasks integer
)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.id, a.task_id, a.state::text, a.claimed_at, a.lease_until, a.reward_micros,
           b.id, b.state::text, b.title::text, b.instructions, b.form, b.reward_micros,
           b.estimated_seconds, b.measured_seconds, b.countries::text[], b.time_limit_seconds,
           b.role::text, b.conditions, o.id, o.name::text, s.country, s.organisations, s.restricted, s.waits,
           b.audience::text, f.open_tasks
    FROM tasks_assignment a
    JOIN tasks_batch b ON b.id = a.batch_id
    JOIN base_organisation o ON o.id = b.organisation_id
    CROSS JOIN tasks_standing(p_worker, p_now) s
    LEFT JOIN tasks_batchfigures f ON f.batch_id = b.id
    WHERE a.id = p_assignment AND a.worker_id = p_worker;
END $$;

-- One open task of the batch that the worker has not touched, from `p_from` upwards, looking at no more than
-- `p_probes` open tasks. The inner LIMIT bounds the probes of a worker who did nearly everything; the scalar
-- sub-select keeps the planner from an anti-join over all assignments. Check questions are not among them, and neither
-- is a task whose input this worker gave (a chain of batches).
CREATE OR REPLACE FUNCTION tasks_pick(p_batch bigint, p_worker bigint, p_from integer, p_probes integer)
RETURNS TABLE (task_id bigint, task_key integer)
LANGUAGE sql STABLE AS $$
    SELECT c.id, c.key
    FROM (
        SELECT t.id, t.key, t.lineage FROM tasks_task t
        WHERE t.batch_id = p_batch AND t.is_open AND NOT t.is_gold AND t.key >= p_from
        ORDER BY t.key
        LIMIT p_probes
    ) c
    WHERE (SELECT 1 FROM tasks_assignment a WHERE a.task_id = c.id AND a.worker_id = p_worker LIMIT 1) IS NULL
      AND (c.lineage IS NULL OR NOT tasks_gave(c.lineage, p_worker))
    ORDER BY c.key
    LIMIT 1
$$;

-- Whether this worker answered one of these tasks: nobody checks what they gave themselves.
CREATE OR REPLACE FUNCTION tasks_gave(p_tasks bigint[], p_worker bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM unnest(p_tasks) AS l (id)
        WHERE (SELECT 1 FROM tasks_assignment a WHERE a.task_id = l.id AND a.worker_id = p_worker
               AND a.answer IS NOT NULL LIMIT 1) IS NOT NULL
    )
$$;

-- A check question of the batch that the worker has not met, from the key `p_from` on, or else from the beginning; it
-- may have come along a chain, so it is not about an answer of the worker's either.
-- They are few; one that somebody else holds for this instant is passed over rather than waited for.
CREATE OR REPLACE FUNCTION tasks_pick_gold(p_batch bigint, p_worker bigint, p_from integer)
RETURNS TABLE (task_id bigint, data jsonb)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    FOR v_round IN 1..2 LOOP
        RETURN QUERY
        SELECT t.id, t.data FROM tasks_task t
        WHERE t.batch_id = p_batch AND t.is_open AND t.is_gold
          AND t.key >= CASE v_round WHEN 1 THEN p_from ELSE -2147483648 END
          AND (SELECT 1 FROM tasks_assignment a WHERE a.task_id = t.id AND a.worker_id = p_worker LIMIT 1) IS NULL
          AND (t.lineage IS NULL OR NOT tasks_gave(t.lineage, p_worker))
        ORDER BY t.key
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND THEN RETURN; END IF;
    END LOOP;
END $$;

-- Claim a task of `p_batch` for `p_worker`; `p_task` names one (recorded crowds, claiming again after expiry).
-- `p_from` is the random key to start from; `p_chance`, from 0 to 1, falls below the batch's gold_rate for a claim that
-- gets a check question, if the worker has one left and there is an ordinary task besides. outcome: claimed | none_left |
-- not_open | cap_reached | too_many_open | already_yours | taken | switched_off | not_invited (ADR 29: a private batch, and
-- this worker is not in) | checks_missed (claims of this batch rest, charter M2) | own_work | waits (not let in yet,
-- charter C4; a private batch is open to those who were invited to it all the same) | restricted (decided by a
-- moderator, also in the instant since the caller looked).
-- Whether this worker takes one more of this batch now (charter C4): refused is null, 'share_reached' or 'resting';
-- goes_on, whether the run of tasks of this batch goes on: their last task was of it, and they did not rest since. Their
-- cap row is locked, so nothing of theirs moves meanwhile. A task given back is as if it had never been taken (C7).
CREATE OR REPLACE FUNCTION tasks_turn(p_batch bigint, p_worker bigint, p_now timestamptz, p_rotation integer[])
RETURNS TABLE (refused text, goes_on boolean)
LANGUAGE sql STABLE AS $$
    SELECT CASE
               WHEN s.taken >= p_rotation[1] THEN 'share_reached'
               WHEN l.goes_on AND (
                   s.run_tasks >= p_rotation[2] OR p_now >= s.run_from + make_interval(secs => p_rotation[3])
               ) THEN 'resting'
           END,
           coalesce(l.goes_on, false)
    FROM (SELECT) one
    LEFT JOIN tasks_share s ON s.batch_id = p_batch AND s.worker_id = p_worker
    LEFT JOIN LATERAL (
        SELECT a.batch_id = p_batch
               AND coalesce(a.submitted_at, a.ended_at, p_now) > p_now - make_interval(secs => p_rotation[4]) AS goes_on
        FROM tasks_assignment a WHERE a.worker_id = p_worker AND a.state <> 'released' ORDER BY a.id DESC LIMIT 1
    ) l ON true
$$;

CREATE OR REPLACE FUNCTION tasks_claim(
    p_batch bigint, p_worker bigint, p_now timestamptz, p_country text, p_year integer, p_cap bigint,
    p_max_open integer, p_from integer, p_chance double precision, p_task bigint DEFAULT NULL,
    p_probes integer DEFAULT 500
) RETURNS TABLE (outcome text, assignment_id bigint, task_id bigint, data jsonb, lease_until timestamptz, reward bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    v_state text;
    v_audience text;
    v_gold_rate double precision;
    v_gold boolean;
    v_rotation integer[];
    v_waits boolean;
    v_restricted boolean;
    v_turn text;
    v_goes_on boolean;
    v_reward bigint;
    v_limit integer;
    v_from integer := p_from;
    v_wrapped boolean := false;
    v_task bigint;
    v_key integer;
    v_data jsonb;
    v_lineage bigint[];
    v_open integer;
    v_assignment bigint;
    v_lease timestamptz;
    v_mine text;
BEGIN
    SELECT b.state, b.audience, b.reward_micros, b.time_limit_seconds, b.gold_rate, b.rotation,
           w.user_id IS NOT NULL AND w.admitted_at IS NULL,
           EXISTS (SELECT 1 FROM workers_restriction r WHERE r.user_id = p_worker AND r.lifted_at IS NULL
                   AND r.starts_at <= p_now AND (r.ends_at IS NULL OR r.ends_at > p_now))
    INTO v_state, v_audience, v_reward, v_limit, v_gold_rate, v_rotation, v_waits, v_restricted
    FROM tasks_batch b LEFT JOIN workers_workerprofile w ON w.user_id = p_worker WHERE b.id = p_batch;
    IF v_state IS DISTINCT FROM 'published' THEN
        RETURN QUERY SELECT 'not_open', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, NULL::bigint;
        RETURN;
    END IF;
    IF v_restricted THEN
        RETURN QUERY SELECT 'restricted', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, NULL::bigint;
        RETURN;
    END IF;
    IF v_waits AND v_audience = 'open' THEN
        RETURN QUERY SELECT 'waits', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, NULL::bigint;
        RETURN;
    END IF;
    IF v_audience <> 'open' AND NOT EXISTS (
        SELECT 1 FROM tasks_batchguest g
        WHERE g.worker_id = p_worker AND g.batch_id = p_batch AND g.accepted_at IS NOT NULL AND g.removed_at IS NULL
    ) THEN
        RETURN QUERY SELECT 'not_invited', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, NULL::bigint;
        RETURN;
    END IF;
    IF v_gold_rate > 0 AND EXISTS (
        SELECT 1 FROM tasks_batchpause p
        WHERE p.batch_id = p_batch AND p.worker_id = p_worker AND p.lifted_at IS NULL AND p.ends_at > p_now
    ) THEN
        RETURN QUERY SELECT 'checks_missed', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, NULL::bigint;
        RETURN;
    END IF;
    IF EXISTS (SELECT 1 FROM base_switch s WHERE s.name = 'claims' AND NOT s.is_on) THEN
        RETURN QUERY SELECT 'switched_off', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, NULL::bigint;
        RETURN;
    END IF;
    v_lease := p_now + make_interval(secs => v_limit);
    v_gold := p_task IS NULL AND p_chance < v_gold_rate;

    FOR v_try IN 1..40 LOOP
        v_task := NULL;
        IF p_task IS NOT NULL THEN
            v_task := p_task;
        ELSE
            SELECT p.task_id, p.task_key INTO v_task, v_key FROM tasks_pick(p_batch, p_worker, v_from, p_probes) p;
            IF v_task IS NULL THEN
                IF v_wrapped THEN EXIT; END IF;
                v_wrapped := true;
                v_from := -2147483648;
                CONTINUE;
            END IF;
        END IF;

        -- Somebody else may hold it for this instant: go on from the next key rather than wait.
        v_data := NULL;
        IF v_gold THEN
            v_gold := false;
            SELECT g.task_id, g.data INTO v_task, v_data FROM tasks_pick_gold(p_batch, p_worker, p_from) g;
            IF v_data IS NULL THEN CONTINUE; END IF;  -- met them all
        ELSIF p_task IS NULL THEN
            SELECT t.data INTO v_data FROM tasks_task t WHERE t.id = v_task AND t.is_open
            FOR NO KEY UPDATE SKIP LOCKED;
            IF v_data IS NULL THEN
                IF v_key = 2147483647 THEN
                    v_wrapped := true;
                    v_from := -2147483648;
                ELSE
                    v_from := v_key + 1;
                END IF;
                CONTINUE;
            END IF;
        ELSE
            SELECT t.data, t.lineage INTO v_data, v_lineage
            FROM tasks_task t WHERE t.id = v_task AND t.batch_id = p_batch AND t.is_open
            FOR NO KEY UPDATE;
            IF v_data IS NULL THEN
                RETURN QUERY SELECT 'taken', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, NULL::bigint;
                RETURN;
            END IF;
            IF v_lineage IS NOT NULL AND tasks_gave(v_lineage, p_worker) THEN
                RETURN QUERY SELECT 'own_work', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, v_reward;
                RETURN;
            END IF;
        END IF;

        -- The cap row serialises the claims of one worker, so the count below can't be overtaken.
        IF NOT payments_cap_reserve(p_worker, p_year, v_reward, p_cap) THEN
            RETURN QUERY SELECT 'cap_reached', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, v_reward;
            RETURN;
        END IF;
        -- A range in the order of the workers, where an equality would do: it can only be read from the index of tasks
        -- in hand. With few leases in its statistics the planner takes the index of leases for as good, which holds
        -- those of everybody.
        SELECT count(*) INTO v_open FROM (
            SELECT a.worker_id FROM tasks_assignment a
            WHERE a.worker_id >= p_worker AND a.state = 'claimed'
            ORDER BY a.worker_id
            LIMIT p_max_open
        ) h WHERE h.worker_id = p_worker;
        IF v_open >= p_max_open THEN
            PERFORM payments_cap_release(p_worker, p_year, v_reward);
            RETURN QUERY SELECT 'too_many_open', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, v_reward;
            RETURN;
        END IF;
        IF v_rotation IS NOT NULL THEN
            SELECT u.refused, u.goes_on INTO v_turn, v_goes_on FROM tasks_turn(p_batch, p_worker, p_now, v_rotation) u;
            -- A task that ran out is theirs to finish, whoever's turn it is.
            IF v_turn IS NOT NULL AND p_task IS NULL THEN
                PERFORM payments_cap_release(p_worker, p_year, v_reward);
                RETURN QUERY SELECT v_turn, NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, v_reward;
                RETURN;
            END IF;
        END IF;

        INSERT INTO tasks_assignment AS a (
            task_id, batch_id, worker_id, state, claimed_at, lease_until, reward_micros, country, cap_year,
            paused_seconds, topped_up_micros, topups
        ) VALUES (v_task, p_batch, p_worker, 'claimed', p_now, v_lease, v_reward, p_country, p_year, 0, 0, 0)
        ON CONFLICT (task_id, worker_id) DO NOTHING
        RETURNING a.id INTO v_assignment;
        IF v_assignment IS NULL AND p_task IS NOT NULL THEN
            -- Out of time before: the same row is claimed again, with the draft that hangs on it. What was worked on it
            -- before counts: it moves the beginning back, or a person who needed too long would seem too fast.
            UPDATE tasks_assignment a
            SET state = 'claimed', lease_until = v_lease, reward_micros = v_reward,
                claimed_at = p_now - greatest(
                    interval '0',
                    least(a.ended_at, a.lease_until) - a.claimed_at - make_interval(secs => a.paused_seconds)
                ),
                country = p_country, cap_year = p_year, paused_seconds = 0, ended_at = NULL
            WHERE a.task_id = v_task AND a.worker_id = p_worker AND a.state = 'expired'
            RETURNING a.id INTO v_assignment;
        END IF;
        IF v_assignment IS NULL THEN
            PERFORM payments_cap_release(p_worker, p_year, v_reward);
            IF p_task IS NOT NULL THEN
                RETURN QUERY SELECT 'already_yours', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, v_reward;
                RETURN;
            END IF;
            CONTINUE;  -- another request of the same worker took this very task a moment ago
        END IF;

        UPDATE tasks_task t SET open_slots = t.open_slots - 1, is_open = t.open_slots > 1 WHERE t.id = v_task;
        IF v_rotation IS NOT NULL THEN
            INSERT INTO tasks_share AS s (batch_id, worker_id, taken, run_tasks, run_from)
            VALUES (p_batch, p_worker, 1, 1, p_now)
            ON CONFLICT (batch_id, worker_id) DO UPDATE
            SET taken = s.taken + 1, run_tasks = CASE WHEN v_goes_on THEN s.run_tasks + 1 ELSE 1 END,
                run_from = CASE WHEN v_goes_on THEN s.run_from ELSE p_now END;
        END IF;
        RETURN QUERY SELECT 'claimed', v_assignment, v_task, v_data, v_lease, v_reward;
        RETURN;
    END LOOP;
    RETURN QUERY SELECT 'none_left', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::timestamptz, v_reward;
END $$;

-- Store the answer of an assignment. Locks by primary key, then checks: asking for the state in the WHERE
-- clause would let the planner walk the index of leases. outcome: submitted | same | replaced | late |
-- final | not_yours | not_open (released, compensated).
CREATE OR REPLACE FUNCTION tasks_submit(
    p_assignment bigint, p_worker bigint, p_now timestamptz, p_answer jsonb, p_paused integer,
    p_review_due timestamptz
) RETURNS TABLE (outcome text, state text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    v tasks_assignment%ROWTYPE;
BEGIN
    SELECT * INTO v FROM tasks_assignment a WHERE a.id = p_assignment FOR NO KEY UPDATE;
    IF v.id IS NULL OR v.worker_id <> p_worker THEN
        RETURN QUERY SELECT 'not_yours', NULL::text;
    ELSIF v.state = 'claimed' AND v.lease_until > p_now THEN
        UPDATE tasks_assignment a
        SET state = 'submitted', answer = p_answer, submitted_at = p_now, review_due_at = p_review_due,
            paused_seconds = a.paused_seconds + p_paused,
            worked_seconds = greatest(0, floor(extract(epoch FROM p_now - a.claimed_at))::integer
                                         - a.paused_seconds - p_paused)
        WHERE a.id = p_assignment;
        RETURN QUERY SELECT 'submitted', 'submitted';
    ELSIF v.state IN ('claimed', 'expired') THEN
        RETURN QUERY SELECT 'late', v.state::text;
    ELSIF v.state IN ('released', 'compensated') THEN
        RETURN QUERY SELECT 'not_open', v.state::text;
    ELSIF v.answer = p_answer THEN
        RETURN QUERY SELECT 'same', v.state::text;
    ELSIF v.state = 'submitted' THEN
        UPDATE tasks_assignment a
        SET first_answer = coalesce(a.first_answer, a.answer), answer = p_answer, validated_at = NULL
        WHERE a.id = p_assignment;
        RETURN QUERY SELECT 'replaced', 'submitted';
    ELSE
        RETURN QUERY SELECT 'final', v.state::text;
    END IF;
END $$;

-- Store an answer and, once it is stored, claim the next task of the batch: `tasks_submit` and `tasks_claim` in one
-- round trip and, called by itself, one transaction. outcome and state are those of the submission, next_outcome and
-- the rest those of the claim; null when the answer was not stored.
CREATE OR REPLACE FUNCTION tasks_step(
    p_assignment bigint, p_worker bigint, p_now timestamptz, p_answer jsonb, p_paused integer, p_review_due timestamptz,
    p_batch bigint, p_country text, p_year integer, p_cap bigint, p_max_open integer, p_from integer,
    p_chance double precision
) RETURNS TABLE (
    outcome text, state text, next_outcome text, assignment_id bigint, task_id bigint, data jsonb,
    lease_until timestamptz, reward bigint
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    SELECT s.outcome, s.state INTO outcome, state
    FROM tasks_submit(p_assignment, p_worker, p_now, p_answer, p_paused, p_review_due) s;
    IF outcome IN ('submitted', 'same', 'replaced') THEN
        SELECT c.outcome, c.assignment_id, c.task_id, c.data, c.lease_until, c.reward
        INTO next_outcome, assignment_id, task_id, data, lease_until, reward
        FROM tasks_claim(p_batch, p_worker, p_now, p_country, p_year, p_cap, p_max_open, p_from, p_chance) c;
    END IF;
    RETURN NEXT;
END $$;

-- End up to `p_most` leases that ran out: slots and caps are given back in sets.
CREATE OR REPLACE FUNCTION tasks_expire(p_now timestamptz, p_most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_ids bigint[];
BEGIN
    SELECT array_agg(x.id) INTO v_ids FROM (
        SELECT a.id FROM tasks_assignment a
        WHERE a.state = 'claimed' AND a.lease_until <= p_now
        ORDER BY a.lease_until LIMIT p_most
        FOR NO KEY UPDATE SKIP LOCKED
    ) x;
    IF v_ids IS NULL THEN RETURN 0; END IF;
    UPDATE tasks_assignment a SET state = 'expired', ended_at = p_now WHERE a.id = ANY (v_ids);
    PERFORM tasks_give_back(v_ids);
    RETURN cardinality(v_ids);
END $$;

-- The slots and the reserved caps of assignments that ended without an answer, in the order of locks.
CREATE OR REPLACE FUNCTION tasks_give_back(p_assignments bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    PERFORM 1 FROM tasks_task t
    WHERE t.id IN (SELECT a.task_id FROM tasks_assignment a WHERE a.id = ANY (p_assignments))
    ORDER BY t.id FOR NO KEY UPDATE;
    UPDATE tasks_task t
    SET open_slots = t.open_slots + g.slots, is_open = t.funded AND b.state IN ('published', 'paused') AND NOT EXISTS (
        SELECT 1 FROM tasks_gold k WHERE k.task_id = t.id AND k.aside <> ''
    )
    FROM (
        SELECT a.task_id, count(*) AS slots FROM tasks_assignment a
        WHERE a.id = ANY (p_assignments) GROUP BY a.task_id
    ) g, tasks_batch b
    WHERE t.id = g.task_id AND b.id = t.batch_id;
    FOR r IN
        SELECT a.worker_id, a.cap_year, sum(a.reward_micros)::bigint AS amount FROM tasks_assignment a
        WHERE a.id = ANY (p_assignments) GROUP BY a.worker_id, a.cap_year ORDER BY a.worker_id, a.cap_year
    LOOP
        PERFORM payments_cap_release(r.worker_id, r.cap_year, r.amount);
    END LOOP;
    -- Giving back costs nothing: it is as if it had never been taken. After the caps, as a claim does.
    UPDATE tasks_share s
    SET taken = greatest(0, s.taken - g.n), run_tasks = greatest(0, s.run_tasks - g.n)
    FROM (
        SELECT a.batch_id, a.worker_id, count(*) AS n FROM tasks_assignment a
        WHERE a.id = ANY (p_assignments) GROUP BY a.batch_id, a.worker_id
    ) g
    WHERE s.batch_id = g.batch_id AND s.worker_id = g.worker_id;
END $$;
