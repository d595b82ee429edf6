-- The ledger, version 1. One row per subscriber and mailing is the truth; nothing is inferred from counters or cursors.
-- Times are seconds since 1970 (UTC). `address_key` is the address in lower case; `payload` is opaque to the ledger.

CREATE TABLE mailing (
    id           INTEGER PRIMARY KEY,
    issue        TEXT    NOT NULL UNIQUE,
    content_hash TEXT    NOT NULL,            -- frozen once anything was asked of a server for it
    planned_at   REAL    NOT NULL,
    generation   INTEGER NOT NULL DEFAULT 0   -- grows with each reading of the list
) STRICT;

CREATE TABLE recipient (
    mailing     INTEGER NOT NULL REFERENCES mailing (id),
    address_key TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    position    INTEGER NOT NULL,             -- the row's place in the list, for order alone
    generation  INTEGER NOT NULL,             -- the last reading of the list that had this address
    status      TEXT    NOT NULL DEFAULT 'waiting'
                CHECK (status IN ('waiting', 'sending', 'sent', 'refused', 'deferred', 'uncertain', 'skipped')),
    message_id  TEXT    NOT NULL,
    again       INTEGER NOT NULL DEFAULT 0,   -- how often a person decided to send once more
    attempts    INTEGER NOT NULL DEFAULT 0,   -- temporary refusals so far
    due_at      REAL    NOT NULL DEFAULT 0,   -- not before this time
    dot_at      REAL,                         -- when the intent to finish the message was committed
    at          REAL,                         -- when the status was reached
    code        INTEGER,                      -- the server's reply code
    reply       TEXT,                         -- its text, or why a row was skipped
    payload     TEXT,                         -- what is needed to write the message; empty: the last plan did not ask for it
    PRIMARY KEY (mailing, address_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX recipient_open ON recipient (mailing, position) WHERE status IN ('waiting', 'deferred');
CREATE INDEX recipient_dots ON recipient (dot_at) WHERE dot_at IS NOT NULL;

CREATE TABLE suppression (
    address_key TEXT PRIMARY KEY,
    reason      TEXT NOT NULL,
    at          REAL NOT NULL
) STRICT, WITHOUT ROWID;
