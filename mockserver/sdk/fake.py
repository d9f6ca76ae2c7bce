"""Faker, seeded for one value at a time."""

from __future__ import annotations

from functools import lru_cache

from faker import Faker


@lru_cache(maxsize=1)
def _faker() -> Faker:
    return Faker("en_US")


def seeded_faker(seed: int, *path: object) -> Faker:
    """Faker, seeded anew for this one thing (a vendor and an index): what it says depends on nothing said before.

    The instance is shared: draw everything from it before asking for another.
    """
    fake = _faker()
    fake.seed_instance("/".join(map(str, (seed, *path))))
    return fake
