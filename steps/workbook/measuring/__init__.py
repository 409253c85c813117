"""What a request costs, and what more processes give."""
