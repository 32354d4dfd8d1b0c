"""One sample ride for all tests: the command that completes it, and the facts that follow, as data of events."""

RIDE = {"ride_id": "r-1", "passenger_id": "p-1", "driver_id": "d-1", "distance_km": "12.5", "duration_min": 30}
COMPLETED = RIDE | {"price": "26.50", "currency": "EUR", "completed_at": "2026-05-01T12:00:00Z"}
FEE = {"ride_id": "r-1", "driver_id": "d-1", "fee": "21.20", "currency": "EUR"}
INVOICE = {
    "ride_id": "r-1",
    "passenger_id": "p-1",
    "invoice_number": "2026-000001",
    "amount": "26.50",
    "currency": "EUR",
    "issued_at": "2026-05-01T12:00:00Z",
}
MILES = {"ride_id": "r-1", "passenger_id": "p-1", "miles": 7, "balance": 7}
