-- Triggers of the tables that go away go with them.
DROP TRIGGER IF EXISTS transaction_month_is_open ON payments_transaction;
DROP FUNCTION IF EXISTS payments_month_is_open();
DROP FUNCTION IF EXISTS payments_invoice_follows() CASCADE;
