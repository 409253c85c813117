"""
People think: use_cache=False only forgets between requests.
Rejected by: test_without_the_cache_each_parameter_is_a_call
Message: calls the provider for each parameter
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
CALLS_WITH_THE_CACHE = 2

# An endpoint with (a: Fresh, b: Fresh) is requested twice.
# How often is get_number called in both requests together?
CALLS_WITHOUT_THE_CACHE = 2
