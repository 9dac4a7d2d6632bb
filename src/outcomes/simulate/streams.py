"""Random streams by name, so that a part of a cohort can be drawn alone and still be the same."""

from __future__ import annotations

import zlib

import numpy as np

Seed = int | np.random.SeedSequence


def stream(seed: Seed, name: str) -> np.random.Generator:
    """Return the random stream ``name`` of ``seed`` (numpy's PCG64, a spawn key made of the name)."""
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    key = (*root.spawn_key, zlib.crc32(name.encode()))
    return np.random.default_rng(np.random.SeedSequence(root.entropy, spawn_key=key))
