CREATE TABLE IF NOT EXISTS notify.notifications (
    ride_id   text NOT NULL,
    about     text NOT NULL,  -- invoice, miles or fee
    recipient text NOT NULL,
    channel   text NOT NULL,  -- email or log
    cause     text NOT NULL,  -- what its reply follows from, so that a repeat gets the same one
    PRIMARY KEY (ride_id, about)
);
