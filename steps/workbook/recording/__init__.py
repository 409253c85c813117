"""What an app's objects do, noted from outside the steps."""
