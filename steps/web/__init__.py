"""How the service speaks HTTP where no step changes it."""
