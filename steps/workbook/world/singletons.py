"""Step 02's singletons outlive the app that filled them: that is its flaw, and others must know."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from fastapi import FastAPI
from sqlalchemy import Engine

from steps.infrastructure.announcements import Change, listeners
from steps.workbook.catalogue import Step, find_step


@contextmanager
def own_singletons(step: Step) -> Iterator[None]:
    """Let a step begin with empty caches; at the end close what it left open and empty them."""
    left_open: dict[int, object] = {}

    def note(change: Change, _: str, subject: object) -> None:
        if change == "opened":
            left_open[id(subject)] = subject
        else:
            left_open.pop(id(subject), None)

    clear_caches(step)
    listeners.append(note)
    try:
        yield
    finally:
        listeners.remove(note)
        clear_caches(step)
        for subject in left_open.values():
            if isinstance(subject, Engine):
                subject.dispose()
            elif callable(close := getattr(subject, "close", None)):
                close()


def clear_caches(step: Step) -> None:
    """Empty what `lru_cache` keeps in a step: in step 02, or in a copy of it."""
    if step.has("dependencies"):
        for provider in vars(import_module(f"{step.package}.dependencies")).values():
            if hasattr(provider, "cache_clear"):
                provider.cache_clear()


@contextmanager
def fresh_app(number: int) -> Iterator[FastAPI]:
    """Give out a fresh app. For step 02, forget what it has cached for the apps before."""
    step = find_step(number)
    clear_caches(step)
    try:
        yield step.create_app()
    finally:
        clear_caches(step)
