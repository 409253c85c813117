"""`lru_cache` keeps one engine and one S3 client for the whole process."""

NUMBER = 2
