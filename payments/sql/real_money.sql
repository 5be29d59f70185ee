-- What real money adds to the ledger's laws: two more stored balances, months that are closed, documents
-- that are numbered without a gap and never changed. Written anew by each migration that names this file.

-- Stored balances follow, whole statements at once, each account locked in id order (see ledger.sql).
CREATE OR REPLACE FUNCTION payments_entries_added() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_stored CONSTANT text[] := ARRAY['organisation_available', 'organisation_frozen', 'refund_in_transit',
                                      'batch_holding', 'worker_payable', 'payout_in_transit'];
BEGIN
    IF EXISTS (
        SELECT FROM added e JOIN public.payments_transaction t ON t.id = e.transaction_id
        WHERE t.xact_id <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'entries can''t be added to a committed transaction' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM FROM public.payments_account
    WHERE id IN (SELECT account_id FROM added) AND kind = ANY (v_stored)
    ORDER BY id FOR NO KEY UPDATE;
    UPDATE public.payments_account a SET balance = a.balance + d.delta
    FROM (
        SELECT account_id, sum(amount)::bigint AS delta FROM added GROUP BY account_id HAVING sum(amount) <> 0
    ) d
    WHERE a.id = d.account_id AND a.kind = ANY (v_stored);
    RETURN NULL;
END $$;

-- A closed month takes no more transactions. The close and a posting of that month take the same lock:
-- postings share it, a close has it alone, so none slips in while the journal is read.
CREATE OR REPLACE FUNCTION payments_month_is_open() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_closed record;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('payments_period'));
    SELECT p.year, p.month INTO v_closed
    FROM public.payments_period p
    JOIN (SELECT DISTINCT date_trunc('month', created_at AT TIME ZONE 'Europe/Paris') AS month FROM opened) o
      ON (p.year, p.month) = (extract(year FROM o.month), extract(month FROM o.month))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the month %-% is closed', v_closed.year, v_closed.month
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transaction_month_is_open';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS transaction_month_is_open ON payments_transaction;
CREATE TRIGGER transaction_month_is_open AFTER INSERT ON payments_transaction
    REFERENCING NEW TABLE AS opened
    FOR EACH STATEMENT EXECUTE FUNCTION payments_month_is_open();

-- Closed months, their balances, bank lines' amounts and printed documents stay as they were written.
DROP TRIGGER IF EXISTS period_append_only ON payments_period;
CREATE TRIGGER period_append_only BEFORE UPDATE OR DELETE ON payments_period
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
DROP TRIGGER IF EXISTS period_balance_append_only ON payments_periodbalance;
CREATE TRIGGER period_balance_append_only BEFORE UPDATE OR DELETE ON payments_periodbalance
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
DROP TRIGGER IF EXISTS invoice_append_only ON payments_invoice;
CREATE TRIGGER invoice_append_only BEFORE UPDATE OR DELETE ON payments_invoice
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
DROP TRIGGER IF EXISTS bonus_append_only ON payments_bonus;
CREATE TRIGGER bonus_append_only BEFORE UPDATE OR DELETE ON payments_bonus
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
DROP TRIGGER IF EXISTS bank_line_is_kept ON payments_bankline;
CREATE TRIGGER bank_line_is_kept BEFORE DELETE ON payments_bankline
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
DROP TRIGGER IF EXISTS bank_line_amount_stays ON payments_bankline;
CREATE TRIGGER bank_line_amount_stays BEFORE UPDATE ON payments_bankline
    FOR EACH ROW WHEN (
        (NEW.statement_id, NEW.external_id, NEW.amount_micros, NEW.booked_on)
        IS DISTINCT FROM (OLD.statement_id, OLD.external_id, OLD.amount_micros, OLD.booked_on)
    ) EXECUTE FUNCTION payments_refuse_change();

-- A document's number follows the one before it (Code général des impôts, annexe II, article 242 nonies A).
CREATE OR REPLACE FUNCTION payments_invoice_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.number > 1 AND NOT EXISTS (
        SELECT FROM public.payments_invoice
        WHERE kind = NEW.kind AND year = NEW.year AND number = NEW.number - 1
    ) THEN
        RAISE EXCEPTION 'document % of % would leave a gap', NEW.number, NEW.year
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_number_follows';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS invoice_number_follows ON payments_invoice;
CREATE TRIGGER invoice_number_follows BEFORE INSERT ON payments_invoice
    FOR EACH ROW EXECUTE FUNCTION payments_invoice_follows();
