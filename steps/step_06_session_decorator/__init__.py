"""A decorator gives each repository method a session, and no caller passes one."""

NUMBER = 6
