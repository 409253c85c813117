"""A `Core` that the lifespan opens and closes lives exactly as long as the app."""

NUMBER = 3
