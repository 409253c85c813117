"""Experiments of step 09."""
