-- Letters about what happened to an account: receipts, refunds, renewals that failed. `about` is the id of what
-- is told.
ALTER TABLE outgoing_mail ADD COLUMN about TEXT;
ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_template_check;
ALTER TABLE outgoing_mail ADD CONSTRAINT outgoing_mail_template_check
    CHECK (template IN ('verify', 'reset', 'receipt', 'refund', 'renewal_failed'));
