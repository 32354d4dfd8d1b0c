-- The inbox: one row for each event that a step has worked on, with the reply it gave.
CREATE SCHEMA IF NOT EXISTS "{schema}";

CREATE TABLE IF NOT EXISTS "{schema}".inbox (
    source           text        NOT NULL,
    id               text        NOT NULL,
    received_at      timestamptz NOT NULL DEFAULT now(),
    reply_attributes text,  -- a JSON object; null when the step answered without an event
    reply_data       bytea,
    PRIMARY KEY (source, id)
);

CREATE INDEX IF NOT EXISTS inbox_received_at ON "{schema}".inbox (received_at);
