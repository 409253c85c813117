"""In-memory adapters: what tests and notebooks put in place of a database."""
