-- The application's role reads and adds to the ledger and can't change it; the same for audit events.
-- Whoever was given rights on these tables (by default privileges, by hand) keeps reading and adding alone.
-- `SELECT payments_protect_ledger()` may be run again at any time, as the owner, after roles were changed.
CREATE FUNCTION payments_protect_ledger() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT DISTINCT c.relname, a.grantee, pg_catalog.pg_get_userbyid(a.grantee) AS name
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
        WHERE c.relname IN ('payments_account', 'payments_transaction', 'payments_entry', 'base_auditevent')
          AND a.grantee <> c.relowner
          AND a.privilege_type NOT IN ('SELECT', 'INSERT')
    LOOP
        EXECUTE pg_catalog.format(
            'REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN ON public.%I FROM %s',
            v.relname, CASE WHEN v.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(v.name) END
        );
    END LOOP;
END $$;

SELECT payments_protect_ledger();
