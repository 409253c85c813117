"""The parts that touch the outside world and that no step changes."""
