"""Experiments of step 12."""
