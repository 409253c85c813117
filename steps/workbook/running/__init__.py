"""Serving a step for a reader who wants to try it."""
