"""
People think: The cache lives as long as the app.
Rejected by: test_the_cache_lives_within_one_request
Message: keeps what a provider has returned
"""

from typing import Annotated

from fastapi import Depends

calls: list[str] = []


def get_number() -> int:
    calls.append("get_number")
    return len(calls)


Number = Annotated[int, Depends(get_number)]
Fresh = Annotated[int, Depends(get_number, use_cache=False)]

# An endpoint with (a: Number, b: Number) is requested twice.
# How often is get_number called in both requests together?
CALLS_WITH_THE_CACHE = 1

# An endpoint with (a: Fresh, b: Fresh) is requested twice.
# How often is get_number called in both requests together?
CALLS_WITHOUT_THE_CACHE = 4
