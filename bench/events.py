"""The event that the benches send: a ride of ours, in binary mode."""

TYPE = "cabs.rides.complete-ride"
BODY = '{"ride_id":"r-1","passenger_id":"p-1","driver_id":"d-1","distance_km":"8.4","duration_min":17}'
HEADERS = (
    "content-type: application/json\r\n"
    "ce-specversion: 1.0\r\n"
    "ce-id: %s\r\n"
    "ce-source: //cabs/bench\r\n"
    f"ce-type: {TYPE}\r\n"
    "ce-partitionkey: r-1\r\n"
)


def head(path: str) -> str:
    """An event's request up to its length, with `%s` for its id."""
    return f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{HEADERS}"
