"""A context manager from the container makes one use case one transaction."""

NUMBER = 7
