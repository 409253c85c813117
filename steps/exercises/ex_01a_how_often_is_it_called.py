"""01a · How often is it called? · predict · 3 minutes

Read notebook 01, "How often is a provider called?".
Replace each ... by a number. Then run: make exercise STEP=1
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
CALLS_WITH_THE_CACHE = ...  # TODO

# An endpoint with (a: Fresh, b: Fresh) is requested twice.
# How often is get_number called in both requests together?
CALLS_WITHOUT_THE_CACHE = ...  # TODO
