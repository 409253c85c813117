"""Experiments of step 04."""
