"""Learn an ideal customer profile from closed deals instead of from opinions."""

__version__ = "0.1.0"
