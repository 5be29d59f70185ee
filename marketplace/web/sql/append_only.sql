-- What was shown to people stays as it was shown: versions of rules and terms, and who agreed when, only grow.
CREATE TRIGGER rule_version_append_only BEFORE UPDATE OR DELETE ON web_ruleversion
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER rule_version_no_truncate BEFORE TRUNCATE ON web_ruleversion
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER terms_version_append_only BEFORE UPDATE OR DELETE ON web_termsversion
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER terms_version_no_truncate BEFORE TRUNCATE ON web_termsversion
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER terms_answer_append_only BEFORE UPDATE OR DELETE ON web_termsanswer
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER terms_answer_no_truncate BEFORE TRUNCATE ON web_termsanswer
    FOR EACH STATEMENT EXECUTE FUNCTION base_refuse_change();
