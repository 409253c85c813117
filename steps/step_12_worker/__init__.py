"""One container works behind HTTP, a command line and a worker, each in its own process."""

NUMBER = 12
