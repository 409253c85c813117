"""Recordings and object graphs, drawn."""
