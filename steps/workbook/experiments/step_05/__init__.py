"""Experiments of step 05."""
