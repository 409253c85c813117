"""Experiments of step 07."""
