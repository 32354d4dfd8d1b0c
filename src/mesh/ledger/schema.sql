-- An event is stored once, whatever the number of triggers.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: a trigger's position stays true after deletions
    broker TEXT NOT NULL,
    id TEXT NOT NULL,
    accepted_at REAL NOT NULL,
    target TEXT,
    replay_of TEXT,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    event BLOB NOT NULL
);
CREATE INDEX events_of_broker ON events (broker, seq);
CREATE INDEX events_for_one_trigger ON events (broker, seq, target) WHERE target IS NOT NULL;
CREATE INDEX events_by_id ON events (id);

CREATE TABLE subscriptions (
    trigger TEXT PRIMARY KEY,
    broker TEXT NOT NULL,
    position INTEGER NOT NULL,
    rule BLOB NOT NULL
) WITHOUT ROWID;

-- A row only for what is out of order (progress is null: done) or tried again.
CREATE TABLE deliveries (
    trigger TEXT NOT NULL,
    seq INTEGER NOT NULL,
    progress BLOB,
    PRIMARY KEY (trigger, seq)
) WITHOUT ROWID;
CREATE INDEX deliveries_of_event ON deliveries (seq);

CREATE TABLE letters (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    trigger TEXT NOT NULL,
    type TEXT NOT NULL,
    letter BLOB NOT NULL
);
CREATE INDEX letters_by_state ON letters (state);
CREATE INDEX letters_counted ON letters (trigger, type, state);

-- Where each partition's offsets go on; a partition that is not here begins at 0.
CREATE TABLE partitions (
    broker TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (broker, partition)
) WITHOUT ROWID;
