"""A second entry point on the same use cases: a command line that opens only a database."""

NUMBER = 11
