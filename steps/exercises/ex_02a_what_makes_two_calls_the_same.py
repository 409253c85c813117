"""02a · What makes two calls the same? · predict · 4 minutes

Read notebook 02, "What is the key?".
Replace each ... by a number; each question begins anew. Then run: make exercise STEP=2
"""

from functools import lru_cache

open_clients: list["S3Client"] = []


class S3Client:
    def __init__(self) -> None:
        open_clients.append(self)

    def close(self) -> None:
        open_clients.remove(self)


@lru_cache
def get_s3_client(region: str) -> S3Client:
    return S3Client()


# How many clients are open after get_s3_client("eu"), ("us"), ("eu"), ("ap")?
OPEN_AFTER_FOUR_CALLS = ...  # TODO
# How many clients are open after get_s3_client("eu"), then get_s3_client(region="eu")?
OPEN_AFTER_A_KEYWORD = ...  # TODO
# How many clients are open after ("eu"), ("us"), cache_clear(), ("eu"), ("us")?
OPEN_AFTER_CACHE_CLEAR = ...  # TODO
