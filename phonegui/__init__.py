"""The phonegui application: a window over the engine in `model`, and its command line."""
