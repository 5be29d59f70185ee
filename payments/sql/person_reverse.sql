-- As payments/sql/cap.sql has it.
CREATE OR REPLACE FUNCTION payments_cap_reserve(worker bigint, cap_year integer, amount bigint, cap_limit bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF amount IS NULL OR amount < 0 OR cap_limit IS NULL OR cap_limit < 0 THEN
        RAISE EXCEPTION 'a cap reserves amounts from zero up' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR attempt IN 1..2 LOOP
        UPDATE payments_cap c
        SET reserved_micros = c.reserved_micros + amount, cap_micros = GREATEST(c.cap_micros, cap_limit)
        WHERE c.user_id = worker AND c.year = cap_year
          AND c.reserved_micros + c.earned_micros + c.extra_micros + amount <= GREATEST(c.cap_micros, cap_limit);
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
DROP FUNCTION payments_cap_elsewhere(bigint, integer);
