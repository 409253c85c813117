"""Waiting for the database takes no thread, and what blocks has one of its own."""

NUMBER = 8
