"""The code and the notebooks as they stand in their files."""
