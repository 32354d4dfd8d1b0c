"""Which partition of its broker's topic an event goes to.

Source: Kafka's default partitioner for keyed records (clients/…/utils/Utils.java murmur2, toPositive); the key is the
event's `partitionkey` (io.cloudevents.kafka.PartitionKeyExtensionInterceptor).
"""

from mesh.remembered import remembered

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def partition_of(key: str, partitions: int) -> int:
    """Return the partition that Kafka's default partitioner gives a record with this key."""
    return _to_positive(key) % partitions


@remembered(1024)  # events of one key come close together
def _to_positive(key: str) -> int:
    return murmur2(key.encode()) & 0x7FFFFFFF


def murmur2(data: bytes) -> int:
    """Hash as Kafka does, to an unsigned 32-bit number."""
    value = (_SEED ^ len(data)) & _MASK
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        value = (value * _M & _MASK) ^ _mixed(int.from_bytes(data[start : start + 4], "little"))
    if rest := data[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * _M & _MASK
    value = (value ^ value >> 13) * _M & _MASK
    return value ^ value >> 15


def _mixed(word: int) -> int:
    word = word * _M & _MASK
    return (word ^ word >> 24) * _M & _MASK
