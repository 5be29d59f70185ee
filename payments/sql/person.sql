-- One yearly cap for one person, whatever the number of their accounts (charter C1; docs/adr/0073).

-- What the other accounts of the same person have in a year: reserved, earned with what is owed beside, and the highest
-- cap of theirs; zeros for somebody with one account.
CREATE OR REPLACE FUNCTION payments_cap_elsewhere(
    worker bigint, cap_year integer, OUT reserved bigint, OUT earned bigint, OUT most bigint
) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(c.reserved_micros), 0)::bigint,
           coalesce(sum(c.earned_micros + c.extra_micros), 0)::bigint,
           coalesce(max(c.cap_micros), 0)::bigint
    FROM payments_personaccount mine
    JOIN payments_personaccount other ON other.holder_id = mine.holder_id AND other.user_id <> mine.user_id
    JOIN payments_cap c ON c.user_id = other.user_id AND c.year = cap_year
    WHERE mine.user_id = worker
$$;

-- As in cap.sql; and for an account that counts together with others: their sums count, and all claims of the person
-- wait for each other on the row of their first account. In the order of locks that row comes before those of the cap.
CREATE OR REPLACE FUNCTION payments_cap_reserve(worker bigint, cap_year integer, amount bigint, cap_limit bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_holder bigint;
    v_used bigint := 0;
    v_most bigint := cap_limit;
BEGIN
    IF amount IS NULL OR amount < 0 OR cap_limit IS NULL OR cap_limit < 0 THEN
        RAISE EXCEPTION 'a cap reserves amounts from zero up' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT p.holder_id INTO v_holder FROM payments_personaccount p WHERE p.user_id = worker;
    IF v_holder IS NOT NULL THEN
        PERFORM 1 FROM payments_personaccount p WHERE p.user_id = v_holder FOR NO KEY UPDATE;
        -- A statement of its own, so that it sees what the claim before left.
        SELECT e.reserved + e.earned, GREATEST(e.most, cap_limit) INTO v_used, v_most
        FROM payments_cap_elsewhere(worker, cap_year) e;
    END IF;
    FOR attempt IN 1..2 LOOP
        UPDATE payments_cap c
        SET reserved_micros = c.reserved_micros + amount, cap_micros = GREATEST(c.cap_micros, v_most)
        WHERE c.user_id = worker AND c.year = cap_year
          AND c.reserved_micros + c.earned_micros + c.extra_micros + v_used + amount
              <= GREATEST(c.cap_micros, v_most);
        IF FOUND THEN
            RETURN true;
        END IF;
        -- Twice in any case: the row may have come, by another claim of the same worker, after the first look.
        EXIT WHEN attempt = 2;
        INSERT INTO payments_cap (user_id, year, cap_micros, reserved_micros, earned_micros, extra_micros)
        VALUES (worker, cap_year, cap_limit, 0, 0, 0)
        ON CONFLICT (user_id, year) DO NOTHING;
    END LOOP;
    RETURN false;
END $$;
