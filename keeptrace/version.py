"""The version of this package, in a module that imports nothing."""

__version__ = "2.0.0"
