"""`Depends` builds every object for the request that asks for it."""

NUMBER = 1
