"""Handlers made by constructors register their own routes; the service starts and stops itself."""

NUMBER = 10
