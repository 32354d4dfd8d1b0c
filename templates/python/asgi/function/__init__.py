"""The package that func-python serves: it calls `new`."""

from .func import new

__all__ = ["new"]
