-- From version 2 to version 3: suppressions have a kind, and people have tables of their own.

ALTER TABLE suppression RENAME TO old_suppression;

-- people.sql

INSERT INTO suppression
    SELECT address_key, iif(reason LIKE 'bounced: %', 'bounced', 'asked'), reason, at FROM old_suppression;
DROP TABLE old_suppression;
