"""Two tiers by hand: infrastructure that opens and closes, and an app that is put together."""

NUMBER = 9
