"""The dev service: a real Postgres for functions that declare DATABASE_URL and find no value for it."""
