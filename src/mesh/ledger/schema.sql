-- The new events of one commit and broker, together: a row costs more than an event does. Stored once, whatever the
-- number of triggers. A broker's numbers have no gap within a row; an event that is for one trigger is alone.
CREATE TABLE record_batches (
    last INTEGER PRIMARY KEY,
    broker TEXT NOT NULL,
    first INTEGER NOT NULL,
    target TEXT,
    ids BLOB NOT NULL,  -- the fingerprints of its events' ids
    events BLOB NOT NULL
);
-- Has all that is asked of many of them; their events are read of those that are wanted.
CREATE INDEX record_batches_of_broker ON record_batches (broker, last, first, target, ids);

-- Where a broker and its triggers are: one row, since most of it changes with each commit. It stays when its events go:
-- a number that was used is never used again, so that a trigger's position stays true.
CREATE TABLE brokers (
    broker TEXT PRIMARY KEY,
    state BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE subscriptions (
    trigger TEXT PRIMARY KEY,
    broker TEXT NOT NULL,
    rule BLOB NOT NULL
) WITHOUT ROWID;

-- A row only for what is out of order (progress is null: done) or tried again.
CREATE TABLE deliveries (
    trigger TEXT NOT NULL,
    seq INTEGER NOT NULL,
    progress BLOB,
    PRIMARY KEY (trigger, seq)
) WITHOUT ROWID;

CREATE TABLE letters (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    trigger TEXT NOT NULL,
    type TEXT NOT NULL,
    letter BLOB NOT NULL
);
CREATE INDEX letters_by_state ON letters (state);
CREATE INDEX letters_counted ON letters (trigger, type, state);
