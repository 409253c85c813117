"""The arguments of a call are its key: three regions are three keys, so three clients, and a
client is shared only by calls with the same key. `lru_cache` compares how a call is written, so
`"eu"` and `region="eu"` are two keys. `cache_clear()` empties the dictionary and closes nothing:
the two clients from before are still open, and nobody can find them to close them.
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
OPEN_AFTER_FOUR_CALLS = 3
# How many clients are open after get_s3_client("eu"), then get_s3_client(region="eu")?
OPEN_AFTER_A_KEYWORD = 2
# How many clients are open after ("eu"), ("us"), cache_clear(), ("eu"), ("us")?
OPEN_AFTER_CACHE_CLEAR = 4
