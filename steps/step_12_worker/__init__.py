"""A third entry point: a worker writes exports, whichever entry point they were asked at."""

NUMBER = 12
