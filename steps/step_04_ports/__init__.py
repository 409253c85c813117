"""The use cases name ports, and one composition root puts the adapters in."""

NUMBER = 4
