"""A third entry point: a worker writes exports, whoever asked for them and whatever is killed."""

NUMBER = 12
