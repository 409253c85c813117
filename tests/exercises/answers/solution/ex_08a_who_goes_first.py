"""A task keeps its turn until it awaits something that is not there yet. `gather` makes two tasks,
so Grace begins while Ada waits. Two `await`s in a row are one task, which does one thing after
the other. A call that blocks gives no turn away, also not in a gather. And calling an async
function only makes a coroutine: nothing runs before somebody awaits it.
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
STEPS_OF_A_CALL = 0  # look_up("Ada")
