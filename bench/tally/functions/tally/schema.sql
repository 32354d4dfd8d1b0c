-- Nothing here keeps an event from being counted twice: that is the inbox' part.
CREATE TABLE IF NOT EXISTS tally.effects (
    number  integer     NOT NULL,
    replica integer     NOT NULL, -- the process that counted it
    at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
