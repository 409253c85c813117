"""An engine and its pool belong to one process. Four web processes have four pools, and many
requests at once use them up. A worker's parent forks before anything is opened: it has none.
A child works on one task at a time, so it has one connection, however large its pool is.
Six web processes take 90 connections, and a seventh would need 105.
"""

POOL_SIZE = 15  # what the engine of one process may hold
MAX_CONNECTIONS = 100  # what PostgreSQL lets in

# `uvicorn --workers 4` serves step 12, and all processes are as busy as can be.
# How many connections has the database?
WEB = 60

# `make worker` runs beside it: Celery's parent process and two children, all busy.
# How many connections has the database now, web processes included?
WEB_AND_WORKER = 62

# Only web processes run again. How many can be as busy as can be at the same time,
# if all the connections are for them?
MOST_WEB_PROCESSES = 6
