"""Experiments of step 06."""
