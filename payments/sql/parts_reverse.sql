DROP TRIGGER IF EXISTS payout_part_is_kept ON payments_payoutpart;
DROP TRIGGER IF EXISTS payout_part_amount_stays ON payments_payoutpart;
DROP TRIGGER IF EXISTS charge_holds_its_refunds ON payments_refund;
DROP TRIGGER IF EXISTS charge_holds_its_parts ON payments_payoutpart;
DROP FUNCTION IF EXISTS payments_within_their_charges();
