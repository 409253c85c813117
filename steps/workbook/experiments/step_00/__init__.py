"""Experiments of step 00."""
