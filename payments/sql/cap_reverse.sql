DROP TRIGGER cap_no_truncate ON payments_cap;
DROP TRIGGER cap_is_kept ON payments_cap;
DROP TRIGGER cap_earned_never_shrinks ON payments_cap;
DROP FUNCTION payments_cap_guard();
DROP FUNCTION payments_cap_release(bigint, integer, bigint);
DROP FUNCTION payments_cap_reserve(bigint, integer, bigint, bigint);
