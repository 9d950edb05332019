"""The training panel: what to train, how it goes, and what the network has learned to hear."""
