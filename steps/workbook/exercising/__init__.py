"""The loop of the exercises: find one, check it, say what is next. Underneath it is pytest."""
