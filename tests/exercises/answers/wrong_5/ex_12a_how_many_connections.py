"""
People think: A child of a worker that is busy takes its whole pool.
Rejected by: test_the_parent_of_a_worker_opens_nothing
Message: one task at a time
"""

POOL_SIZE = 15  # what the engine of one process may hold
MAX_CONNECTIONS = 100  # what PostgreSQL lets in

# `uvicorn --workers 4` serves step 12, and all processes are as busy as can be.
# How many connections has the database?
WEB = 60

# `make worker` runs beside it: Celery's parent process and two children, all busy.
# How many connections has the database now, web processes included?
WEB_AND_WORKER = 90

# Only web processes run again. How many can be as busy as can be at the same time,
# if all the connections are for them?
MOST_WEB_PROCESSES = 6
