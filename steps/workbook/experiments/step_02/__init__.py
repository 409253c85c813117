"""Experiments of step 02."""
