"""The outside world of a step: its environment, servers, databases, other processes."""
