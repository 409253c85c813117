"""Experiments of step 08."""
