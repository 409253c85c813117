"""A request holds no worker thread while it waits for the database; what blocks borrows one."""

NUMBER = 8
