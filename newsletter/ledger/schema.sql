-- The mailings of the ledger, version 3. One row per subscriber and mailing is the truth; nothing is inferred from counters or cursors.
-- Times are seconds since 1970 (UTC); `address_key` is the address in lower case; `payload` is opaque to the ledger.

CREATE TABLE mailing (
    id           INTEGER PRIMARY KEY,
    issue        TEXT    NOT NULL UNIQUE,
    content_hash TEXT    NOT NULL,            -- frozen once anything was asked of a server for it
    planned_at   REAL    NOT NULL,
    started_at   REAL,                        -- when the first intent was committed
    corrects     TEXT                         -- the issue that it corrects: only who got that one gets it
) STRICT;

-- In the order of the list, so that those who are sent to one after the other lie beside each other on the disk.
CREATE TABLE recipient (
    mailing     INTEGER NOT NULL,
    number      INTEGER NOT NULL,             -- from 1, in the order in which people joined
    address     TEXT    NOT NULL,
    status      TEXT    NOT NULL DEFAULT 'waiting'
                CHECK (status = 'waiting' OR status = 'sent' OR status = 'sending' OR status = 'skipped' OR status = 'refused'
                       OR status = 'deferred' OR status = 'uncertain'),  -- IN would build a table in every statement
    payload     TEXT,                         -- what is needed to write the message; empty: the last plan did not ask for it
    again       INTEGER NOT NULL DEFAULT 0,   -- how often a person decided to send once more
    attempts    INTEGER NOT NULL DEFAULT 0,   -- temporary refusals so far
    first_at    REAL,                         -- when the first of them was
    due_at      REAL    NOT NULL DEFAULT 0,   -- not before this time
    dot_at      REAL,                         -- when the intent to finish the message was last committed
    message_id  TEXT,                         -- written with the intent
    at          REAL,                         -- when the status was reached
    code        INTEGER,                      -- the server's reply code
    reply       TEXT,                         -- its text, or why a row was skipped
    PRIMARY KEY (mailing, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX recipient_put_off ON recipient (mailing, due_at) WHERE due_at > 0;

-- One address, one row of a mailing: filled in the order of the keys, which makes a long list quick to write.
CREATE TABLE recipient_key (
    mailing     INTEGER NOT NULL,
    address_key TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    PRIMARY KEY (mailing, address_key)
) STRICT, WITHOUT ROWID;

-- Every message whose dot was written in the last days, by account: what the limits of a day count.
CREATE TABLE finished (
    account     TEXT    NOT NULL,
    at          REAL    NOT NULL
) STRICT;
