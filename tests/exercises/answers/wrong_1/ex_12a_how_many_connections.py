"""
People think: The workers of one server share its pool.
Rejected by: test_each_web_process_has_a_pool
Message: belong to one process
"""

POOL_SIZE = 15  # what the engine of one process may hold
MAX_CONNECTIONS = 100  # what PostgreSQL lets in

# `uvicorn --workers 4` serves step 12, and all processes are as busy as can be.
# How many connections has the database?
WEB = 15

# `make worker` runs beside it: Celery's parent process and two children, all busy.
# How many connections has the database now, web processes included?
WEB_AND_WORKER = 17

# Only web processes run again. How many can be as busy as can be at the same time,
# if all the connections are for them?
MOST_WEB_PROCESSES = 6
