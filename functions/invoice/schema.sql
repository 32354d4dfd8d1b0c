CREATE TABLE IF NOT EXISTS invoice.years (
    year   integer PRIMARY KEY,
    issued bigint  NOT NULL
);

CREATE TABLE IF NOT EXISTS invoice.invoices (
    ride_id        text           PRIMARY KEY,
    passenger_id   text           NOT NULL,
    invoice_number text           UNIQUE,  -- null only within the transaction that issues it
    amount         numeric(11, 2) NOT NULL,
    currency       text           NOT NULL,
    issued_at      timestamptz    NOT NULL,
    cause          text           NOT NULL  -- what its reply follows from, so that a repeat gets the same one
);
