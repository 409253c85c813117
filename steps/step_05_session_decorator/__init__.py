"""A decorator gives each repository method a session, so no signature has one."""

NUMBER = 5
