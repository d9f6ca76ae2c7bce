"""Faker, seeded for one value at a time."""

from __future__ import annotations

from functools import lru_cache

from faker import Faker


@lru_cache(maxsize=1)
def _faker() -> Faker:
    return Faker("en_US")


def seeded_faker(seed: int, *path: object) -> Faker:
    """Faker, seeded for one thing (a vendor and an index), whatever was drawn before.

    The instance is shared: draw everything from it before you call this again.
    """
    fake = _faker()
    fake.seed_instance("/".join(map(str, (seed, *path))))
    return fake
