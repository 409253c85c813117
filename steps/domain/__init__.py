"""What the service is about, whoever wires it: entities, errors, schemas, settings."""
