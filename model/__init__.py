"""The engine of phonegui: audio, features, network, decoding, metrics and training. Knows no window."""

__version__ = "0.1.0"
