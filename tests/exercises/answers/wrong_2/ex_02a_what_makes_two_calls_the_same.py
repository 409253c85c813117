"""
People think: Each call of a function runs the function.
Rejected by: test_each_new_argument_builds_a_client
Message: The arguments of a call are its key
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
OPEN_AFTER_FOUR_CALLS = 4
# How many clients are open after get_s3_client("eu"), then get_s3_client(region="eu")?
OPEN_AFTER_A_KEYWORD = 3
# How many clients are open after ("eu"), ("us"), cache_clear(), ("eu"), ("us")?
OPEN_AFTER_CACHE_CLEAR = 4
