"""What the notebooks, the tests and the command line use to show the steps at work."""
