-- What was published stays as it was, and nothing follows the closed edition of a half-year (charter D4).
CREATE TRIGGER figures_append_only BEFORE UPDATE OR DELETE ON base_publishedfigures
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER figures_no_truncate BEFORE TRUNCATE ON base_publishedfigures
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_change();

CREATE FUNCTION base_figures_after_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM base_publishedfigures WHERE period = NEW.period AND is_closed) THEN
        RAISE EXCEPTION 'the figures of % are closed', NEW.period USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER figures_closed_stay BEFORE INSERT ON base_publishedfigures
    FOR EACH ROW EXECUTE FUNCTION base_figures_after_close();
