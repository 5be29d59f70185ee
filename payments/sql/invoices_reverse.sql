DROP TRIGGER IF EXISTS invoice_credit_within ON payments_invoice;
DROP FUNCTION IF EXISTS payments_credit_within();
