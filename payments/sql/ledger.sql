-- The laws of the ledger (DESIGN law 2), whatever the code above does.
--
-- Names are written with their schema, and functions that run with the owner's rights fix their search
-- path, so that nobody can put a temporary table in the way.

-- Accounts: created empty, then only their balance moves, and only through the trigger on entries.
CREATE FUNCTION payments_account_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'an account starts empty' USING ERRCODE = 'restrict_violation';
    END IF;
    RAISE EXCEPTION 'accounts change through entries only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER account_starts_empty BEFORE INSERT ON payments_account
    FOR EACH ROW WHEN (NEW.balance <> 0) EXECUTE FUNCTION payments_account_guard();
CREATE TRIGGER account_changes_through_entries BEFORE UPDATE ON payments_account
    FOR EACH ROW WHEN (
        pg_trigger_depth() = 0
        OR (NEW.id, NEW.kind, NEW.organisation_id, NEW.user_id, NEW.reference, NEW.gateway)
           IS DISTINCT FROM (OLD.id, OLD.kind, OLD.organisation_id, OLD.user_id, OLD.reference, OLD.gateway)
    ) EXECUTE FUNCTION payments_account_guard();
CREATE TRIGGER account_is_kept BEFORE DELETE ON payments_account
    FOR EACH ROW EXECUTE FUNCTION payments_account_guard();
CREATE TRIGGER account_no_truncate BEFORE TRUNCATE ON payments_account
    FOR EACH STATEMENT EXECUTE FUNCTION payments_account_guard();

-- Transactions and entries: added, never changed, never removed.
CREATE FUNCTION payments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER transaction_append_only BEFORE UPDATE OR DELETE ON payments_transaction
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER transaction_no_truncate BEFORE TRUNCATE ON payments_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON payments_entry
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON payments_entry
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_change();

-- A transaction row carries the number of the database transaction that wrote it; nobody may claim another.
CREATE FUNCTION payments_transaction_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM opened WHERE xact_id IS DISTINCT FROM pg_catalog.pg_current_xact_id()) THEN
        RAISE EXCEPTION 'xact_id is not ours' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transaction_opened AFTER INSERT ON payments_transaction
    REFERENCING NEW TABLE AS opened
    FOR EACH STATEMENT EXECUTE FUNCTION payments_transaction_opened();

-- Entries: refused once their transaction has committed; stored balances follow, whole statements at once,
-- each account locked in id order so that two postings can't wait for each other. The function runs with
-- the owner's rights: the application's role may not touch a balance itself.
CREATE FUNCTION payments_entries_added() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added e JOIN public.payments_transaction t ON t.id = e.transaction_id
        WHERE t.xact_id <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'entries can''t be added to a committed transaction' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM FROM public.payments_account
    WHERE id IN (SELECT account_id FROM added)
      AND kind IN ('organisation_available', 'batch_holding', 'worker_payable', 'payout_in_transit')
    ORDER BY id FOR NO KEY UPDATE;
    UPDATE public.payments_account a SET balance = a.balance + d.delta
    FROM (
        SELECT account_id, sum(amount)::bigint AS delta FROM added GROUP BY account_id HAVING sum(amount) <> 0
    ) d
    WHERE a.id = d.account_id
      AND a.kind IN ('organisation_available', 'batch_holding', 'worker_payable', 'payout_in_transit');
    RETURN NULL;
END $$;

CREATE TRIGGER entry_added AFTER INSERT ON payments_entry
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION payments_entries_added();

-- Zero sum, said at commit: from the transaction's side (it has entries) and from each entry's (one that is
-- added after the constraints were made immediate is looked at too).
CREATE FUNCTION payments_transaction_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_transaction bigint;
    v_sum numeric;
    v_count bigint;
BEGIN
    IF TG_TABLE_NAME = 'payments_entry' THEN
        v_transaction := NEW.transaction_id;
    ELSE
        v_transaction := NEW.id;
    END IF;
    SELECT coalesce(sum(e.amount), 0), count(*) INTO v_sum, v_count
    FROM public.payments_entry e WHERE e.transaction_id = v_transaction;
    IF v_count < 2 OR v_sum <> 0 THEN
        RAISE EXCEPTION 'transaction % has % entries and sums to %', v_transaction, v_count, v_sum
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transaction_sums_to_zero';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER transaction_sums_to_zero AFTER INSERT ON payments_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_transaction_balances();
CREATE CONSTRAINT TRIGGER entry_keeps_zero_sum AFTER INSERT ON payments_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_transaction_balances();

-- Lock accounts in id order and read their stored balances. With the owner's rights, since a row lock asks
-- for the right to update, which the application's role does not have.
CREATE FUNCTION payments_lock_accounts(p_accounts bigint[]) RETURNS TABLE (id bigint, balance bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.id, a.balance FROM public.payments_account a WHERE a.id = ANY (p_accounts)
    ORDER BY a.id FOR NO KEY UPDATE
$$;
