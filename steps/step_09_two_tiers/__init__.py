"""Two tiers by hand: an infrastructure that opens and closes, and an application on top of it."""

NUMBER = 9
