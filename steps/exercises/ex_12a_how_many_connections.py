"""12a · How many connections? · predict · 4 minutes

Read notebook 12, "What each process takes".
Replace each ... by a number. Then run: make exercise STEP=12
"""

POOL_SIZE = 15  # what the engine of one process may hold
MAX_CONNECTIONS = 100  # what PostgreSQL lets in

# `uvicorn --workers 4` serves step 12, and all processes are as busy as can be.
# How many connections has the database?
WEB = ...  # TODO

# `make worker` runs beside it: Celery's parent process and two children, all busy.
# How many connections has the database now, web processes included?
WEB_AND_WORKER = ...  # TODO

# Only web processes run again. How many can be as busy as can be at the same time,
# if all the connections are for them?
MOST_WEB_PROCESSES = ...  # TODO
