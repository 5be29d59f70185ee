-- What leaves out of the charge of a deposit, as transfers to workers and refunds to the payer, is never more than the
-- charge. The charges that a statement touches are locked in id order, so two payouts that reach for the same one
-- wait for each other, and the second sees what the first took.
CREATE OR REPLACE FUNCTION payments_within_their_charges() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_deposit bigint;
BEGIN
    PERFORM FROM public.payments_deposit WHERE id IN (SELECT deposit_id FROM taken) ORDER BY id FOR NO KEY UPDATE;
    SELECT d.id INTO v_deposit
    FROM public.payments_deposit d
    WHERE d.id IN (SELECT deposit_id FROM taken)
      AND d.amount_micros < (
          SELECT coalesce(sum(p.amount_micros), 0) FROM public.payments_payoutpart p
          WHERE p.deposit_id = d.id AND p.state NOT IN ('refused', 'reversed')
      ) + (
          SELECT coalesce(sum(r.amount_micros), 0) FROM public.payments_refund r
          WHERE r.deposit_id = d.id AND r.state <> 'failed'
      )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the charge of deposit % does not hold this', v_deposit
            USING ERRCODE = 'check_violation', CONSTRAINT = 'charge_holds_what_leaves_it';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS charge_holds_its_parts ON payments_payoutpart;
CREATE TRIGGER charge_holds_its_parts AFTER INSERT ON payments_payoutpart
    REFERENCING NEW TABLE AS taken
    FOR EACH STATEMENT EXECUTE FUNCTION payments_within_their_charges();
DROP TRIGGER IF EXISTS charge_holds_its_refunds ON payments_refund;
CREATE TRIGGER charge_holds_its_refunds AFTER INSERT ON payments_refund
    REFERENCING NEW TABLE AS taken
    FOR EACH STATEMENT EXECUTE FUNCTION payments_within_their_charges();

-- A part stays what it was made as: only its state and what the provider says of it move.
DROP TRIGGER IF EXISTS payout_part_amount_stays ON payments_payoutpart;
CREATE TRIGGER payout_part_amount_stays BEFORE UPDATE ON payments_payoutpart
    FOR EACH ROW WHEN (
        (NEW.payout_id, NEW.position, NEW.deposit_id, NEW.amount_micros)
        IS DISTINCT FROM (OLD.payout_id, OLD.position, OLD.deposit_id, OLD.amount_micros)
    ) EXECUTE FUNCTION payments_refuse_change();
DROP TRIGGER IF EXISTS payout_part_is_kept ON payments_payoutpart;
CREATE TRIGGER payout_part_is_kept BEFORE DELETE ON payments_payoutpart
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
