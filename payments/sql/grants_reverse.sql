DROP FUNCTION payments_protect_ledger();
