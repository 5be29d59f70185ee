-- Audit events are evidence: rows are added, never changed and never removed.
CREATE FUNCTION base_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON base_auditevent
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON base_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_change();
