"""Runs a module as `python -m` does, with argon2's smallest parameters.

For processes where the strength of a hash is not the subject: python -m tests.quick_hashing MODULE
"""

import runpy
import sys

from steps.infrastructure import passwords

if __name__ == "__main__":
    vars(passwords).update(MEMORY_KIB=8, TIME_COST=1)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
