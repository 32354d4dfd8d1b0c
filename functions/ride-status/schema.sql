CREATE TABLE IF NOT EXISTS ride_status.rides (
    ride_id        text PRIMARY KEY,
    price          numeric(11, 2),
    currency       text,
    driver_fee     numeric(11, 2),
    invoice_number text,
    miles          bigint
);

CREATE TABLE IF NOT EXISTS ride_status.notifications (
    ride_id   text NOT NULL,
    about     text NOT NULL,
    recipient text NOT NULL,
    channel   text NOT NULL,
    PRIMARY KEY (ride_id, about)
);
