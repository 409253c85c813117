"""
People think: Calling an async function begins it, as calling any other does.
Rejected by: test_a_call_without_await_runs_nothing
Message: only makes a coroutine
"""

import asyncio

steps: list[str] = []


async def look_up(name: str) -> None:
    steps.append(f"{name} begins")
    await asyncio.sleep(0.01)
    steps.append(f"{name} ends")


# What comes second in `steps`: "Ada ends" or "Grace begins"?
SECOND_IN_A_GATHER = "Grace begins"  # await gather(look_up("Ada"), look_up("Grace"))
SECOND_IN_TWO_AWAITS = "Ada ends"  # await look_up("Ada"); await look_up("Grace")
SECOND_IF_IT_BLOCKS = "Ada ends"  # the gather, with time.sleep in place of the await

# How many steps are there after this line, which has no await?
STEPS_OF_A_CALL = 1  # look_up("Ada")
