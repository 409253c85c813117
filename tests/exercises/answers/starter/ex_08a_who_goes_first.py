"""08a · Who goes first? · predict · 4 minutes

Read notebook 08, "The mechanism by hand".
Replace each ... by a string or a number. Then run: make exercise STEP=8
"""

import asyncio

steps: list[str] = []


async def look_up(name: str) -> None:
    steps.append(f"{name} begins")
    await asyncio.sleep(0.01)
    steps.append(f"{name} ends")


# What comes second in `steps`, empty before: "Ada ends" or "Grace begins"?
SECOND_IN_A_GATHER = ...  # TODO: await gather(look_up("Ada"), look_up("Grace"))
SECOND_IN_TWO_AWAITS = ...  # TODO: await look_up("Ada"); await look_up("Grace")
SECOND_IF_IT_BLOCKS = ...  # TODO: the gather, with time.sleep in place of the await

# How many strings does this line, without an await, add to `steps`?
STEPS_OF_A_CALL = ...  # TODO: look_up("Ada")
