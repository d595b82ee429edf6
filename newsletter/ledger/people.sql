-- The people of the ledger, version 3: who must not be mailed, what came back from whom, and every change with its time.
-- An address is in lower case; a code stands for an address without naming it (see keys.py).

CREATE TABLE suppression (
    address_key TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    at          REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Opt-outs by link and people who were forgotten: for these the address is not needed.
CREATE TABLE suppressed_code (
    code        TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    at          REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    number      INTEGER PRIMARY KEY,
    at          REAL NOT NULL,
    who         TEXT NOT NULL,                -- an address, a code, or nothing where a change is about many
    what        TEXT NOT NULL,
    source      TEXT NOT NULL,                -- the command, mailbox or page that it came by
    detail      TEXT NOT NULL
) STRICT;

CREATE INDEX journal_who ON journal (who);

CREATE TABLE bounce (
    event       TEXT PRIMARY KEY,             -- of the mail that told it, so that reading it twice counts once
    address_key TEXT NOT NULL,
    weight      TEXT NOT NULL,
    status      TEXT NOT NULL,                -- the enhanced status code (RFC 3463), or nothing
    issue       TEXT NOT NULL,                -- nothing where the bounce does not say
    at          REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX bounce_address ON bounce (address_key);

-- How far a mailbox was read: UIDs hold as long as UIDVALIDITY is the same (RFC 9051 section 2.3.1.1).
CREATE TABLE mailbox (
    name        TEXT PRIMARY KEY,
    uidvalidity INTEGER NOT NULL,
    uid         INTEGER NOT NULL,
    at          REAL NOT NULL                 -- when it was read last
) STRICT, WITHOUT ROWID;
