"""Experiments of step 10."""
