-- The yearly cap (DESIGN §4, charter C1). Called by the claim's own function, so that a claim is one round trip.

-- Reserve `amount` micros for a worker's work of `cap_year`; false when reserved + earned + extra + amount
-- would pass the cap. One conditional UPDATE decides: of two at once, the second re-reads what the first left.
-- A row keeps the cap it was made with: a lowered setting touches new rows only, a raised one counts at once.
CREATE FUNCTION payments_cap_reserve(worker bigint, cap_year integer, amount bigint, cap_limit bigint)
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

-- Give back what a claim reserved (released, expired, rejected). Giving back more than is reserved, or for a
-- worker without a row, is a fault of the caller and raises.
CREATE FUNCTION payments_cap_release(worker bigint, cap_year integer, amount bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF amount IS NULL OR amount < 0 THEN
        RAISE EXCEPTION 'a cap gives back amounts from zero up' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE payments_cap c SET reserved_micros = c.reserved_micros - amount
    WHERE c.user_id = worker AND c.year = cap_year;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no cap row to give back to' USING ERRCODE = 'no_data_found';
    END IF;
END $$;

-- What a person has earned never goes away.
CREATE FUNCTION payments_cap_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was earned stays' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER cap_earned_never_shrinks BEFORE UPDATE ON payments_cap
    FOR EACH ROW WHEN (
        NEW.earned_micros < OLD.earned_micros OR NEW.extra_micros < OLD.extra_micros
        OR NEW.cap_micros < OLD.cap_micros OR NEW.user_id <> OLD.user_id OR NEW.year <> OLD.year
    ) EXECUTE FUNCTION payments_cap_guard();
CREATE TRIGGER cap_is_kept BEFORE DELETE ON payments_cap
    FOR EACH ROW EXECUTE FUNCTION payments_cap_guard();
CREATE TRIGGER cap_no_truncate BEFORE TRUNCATE ON payments_cap
    FOR EACH STATEMENT EXECUTE FUNCTION payments_cap_guard();
