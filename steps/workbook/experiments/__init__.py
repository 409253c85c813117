"""Small programs that show what really happens, each with a test of its own."""
