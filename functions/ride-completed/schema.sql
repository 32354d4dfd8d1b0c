CREATE TABLE IF NOT EXISTS ride_completed.rides (
    ride_id      text           PRIMARY KEY,
    passenger_id text           NOT NULL,
    driver_id    text           NOT NULL,
    distance_km  numeric        NOT NULL,
    duration_min integer        NOT NULL,
    price        numeric(11, 2) NOT NULL,
    currency     text           NOT NULL,
    completed_at timestamptz    NOT NULL,
    cause        text           NOT NULL  -- what its reply follows from, so that a repeat gets the same one
);
