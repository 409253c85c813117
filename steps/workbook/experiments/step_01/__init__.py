"""Experiments of step 01."""
