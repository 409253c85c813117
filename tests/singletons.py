"""Step 02's singletons outlive the app that filled them: that is its flaw, and tests must know."""

from importlib import import_module

from sqlalchemy import Engine

from steps.infrastructure.object_storage import close_s3_client
from steps.workbook.catalogue import Step


def forget_singletons(step: Step) -> None:
    """Close and forget what `lru_cache` keeps in a step. Other steps keep nothing there."""
    dependencies = import_module(f"{step.package}.dependencies")
    for name, provider in vars(dependencies).items():
        if not hasattr(provider, "cache_clear"):
            continue
        if provider.cache_info().currsize:
            kept = provider()
            if isinstance(kept, Engine):
                kept.dispose()
            elif name == "get_s3_client":
                close_s3_client(kept)
        provider.cache_clear()
