"""Experiments of step 03."""
