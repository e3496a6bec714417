"""The hashes by which CatBoost knows categories and their combinations."""

from __future__ import annotations

import numpy as np

_MULTIPLIER = np.uint64(0x4906BA494954CB65)
_BITS = 2**64 - 1
_PRIMES = (0x9AE16A3B2F90404F, 0xC949D7C7509E6557)
_MULTIPLY = 0x9DDFEA08EB382D69


def category_hashes(count: int) -> np.ndarray:
    """Return the hashes of the codes -1 to `count - 1`, as signed numbers of 32 bits; shape `(count + 1,)`.

    >>> category_hashes(3).tolist()
    [288298918, -1438285038, 1121341681, -1284790409]
    """
    hashes = [_city_hash(str(code).encode()) & 0xFFFFFFFF for code in range(-1, count)]
    return np.array(hashes, dtype=np.uint32).view(np.int32)


def combined(hashes: np.ndarray, further: np.ndarray) -> np.ndarray:
    """Return the hashes of combinations, of 64 bits, with a further part."""
    with np.errstate(over="ignore"):
        combinations: np.ndarray = _MULTIPLIER * (hashes + _MULTIPLIER * further)
    return combinations


def _city_hash(text: bytes) -> int:
    """Return CityHash64, version 1.0, of at most 16 bytes (Pike and Alakuijala 2011)."""
    length = len(text)
    if length > 8:
        first, last = int.from_bytes(text[:8], "little"), int.from_bytes(text[-8:], "little")
        return _mixed(first, _rotated(last + length, length)) ^ last
    if length >= 4:
        first, last = int.from_bytes(text[:4], "little"), int.from_bytes(text[-4:], "little")
        return _mixed(length + (first << 3), last)
    left = text[0] + (text[length >> 1] << 8)
    right = length + (text[-1] << 2)
    product = (left * _PRIMES[0] & _BITS) ^ (right * _PRIMES[1] & _BITS)
    return (product ^ product >> 47) * _PRIMES[0] & _BITS


def _mixed(low: int, high: int) -> int:
    first = (low ^ high) * _MULTIPLY & _BITS
    first ^= first >> 47
    second = (high ^ first) * _MULTIPLY & _BITS
    second ^= second >> 47
    return second * _MULTIPLY & _BITS


def _rotated(value: int, by: int) -> int:
    value &= _BITS
    return (value >> by | value << 64 - by) & _BITS
