"""
People think: Async functions never hold each other up.
Rejected by: test_a_task_that_blocks_gives_no_turn_away
Message: nobody interrupts
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
SECOND_IF_IT_BLOCKS = "Grace begins"  # the gather, with time.sleep in place of the await

# How many steps are there after this line, which has no await?
STEPS_OF_A_CALL = 0  # look_up("Ada")
