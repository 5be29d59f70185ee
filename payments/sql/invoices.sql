-- A credit note takes back at most what its invoice billed, less what others took back before, and says the same
-- VAT rule of the same customer. The invoice's row is locked, so that two at once are counted one after the other.
CREATE OR REPLACE FUNCTION payments_credit_within() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_billed public.payments_invoice;
    v_net bigint;
    v_vat bigint;
BEGIN
    SELECT * INTO v_billed FROM public.payments_invoice WHERE id = NEW.credits_id FOR NO KEY UPDATE;
    IF v_billed.kind <> 'invoice'
       OR (v_billed.organisation_id, v_billed.treatment, v_billed.vat_rate)
          IS DISTINCT FROM (NEW.organisation_id, NEW.treatment, NEW.vat_rate) THEN
        RAISE EXCEPTION 'a credit note is of the invoice it names'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_credit_fits_its_invoice';
    END IF;
    SELECT coalesce(sum(net_micros), 0), coalesce(sum(vat_micros), 0) INTO v_net, v_vat
    FROM public.payments_invoice WHERE credits_id = NEW.credits_id;
    IF v_net + NEW.net_micros > v_billed.net_micros OR v_vat + NEW.vat_micros > v_billed.vat_micros THEN
        RAISE EXCEPTION 'credit notes take back more than was billed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_credit_within_its_invoice';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS invoice_credit_within ON payments_invoice;
CREATE TRIGGER invoice_credit_within BEFORE INSERT ON payments_invoice
    FOR EACH ROW WHEN (NEW.credits_id IS NOT NULL) EXECUTE FUNCTION payments_credit_within();
