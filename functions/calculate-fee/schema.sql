CREATE TABLE IF NOT EXISTS calculate_fee.fees (
    ride_id   text           PRIMARY KEY,
    driver_id text           NOT NULL,
    fee       numeric(11, 2) NOT NULL,
    currency  text           NOT NULL,
    cause     text           NOT NULL  -- what its reply follows from, so that a repeat gets the same one
);
