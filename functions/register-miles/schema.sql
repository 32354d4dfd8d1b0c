CREATE TABLE IF NOT EXISTS register_miles.accounts (
    passenger_id text   PRIMARY KEY,
    balance      bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS register_miles.awards (
    ride_id      text   PRIMARY KEY,
    passenger_id text   NOT NULL,
    miles        bigint NOT NULL,
    balance      bigint,  -- with these miles; null only within the transaction that awards them
    cause        text   NOT NULL  -- what its reply follows from, so that a repeat gets the same one
);
