"""A container holds the object graph in one place, and the use cases know only ports."""

NUMBER = 5
