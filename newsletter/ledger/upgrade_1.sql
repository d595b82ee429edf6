-- From version 1 to version 2. The tables are made between the two halves.

ALTER TABLE mailing RENAME TO old_mailing;
ALTER TABLE recipient RENAME TO old_recipient;
DROP INDEX recipient_open;
DROP INDEX recipient_dots;

-- schema.sql

INSERT INTO mailing (id, issue, content_hash, planned_at, started_at)
    SELECT id, issue, content_hash, planned_at, (SELECT min(dot_at) FROM old_recipient WHERE mailing = id)
    FROM old_mailing;
INSERT INTO recipient
    (mailing, number, address, status, payload, again, attempts, due_at, dot_at, message_id, at, code, reply)
    SELECT mailing, row_number() OVER (PARTITION BY mailing ORDER BY position, address_key), address, status,
        payload, again, attempts, due_at, dot_at, iif(dot_at IS NULL, NULL, message_id), at, code, reply
    FROM old_recipient;
INSERT INTO recipient_key SELECT mailing, lower(address), number FROM recipient ORDER BY 1, 2;
-- Version 1 did not note the account; they count for each.
INSERT INTO finished (account, at) SELECT '', dot_at FROM old_recipient WHERE dot_at IS NOT NULL;
DROP TABLE old_recipient;
DROP TABLE old_mailing;
