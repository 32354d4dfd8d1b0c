CREATE TABLE IF NOT EXISTS dead_letter.letters (
    id           text        PRIMARY KEY,  -- derived from the event's source and id and the destination
    event_id     text        NOT NULL,
    event_source text        NOT NULL,
    event_type   text        NOT NULL,
    destination  text        NOT NULL,
    code         integer,  -- null when there was no response
    reason       text        NOT NULL,
    count        bigint      NOT NULL DEFAULT 1,
    state        text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'discarded')),
    attributes   text        NOT NULL,  -- a JSON object, extensions of the broker included
    data         bytea       NOT NULL,
    died_at      timestamptz NOT NULL
);
