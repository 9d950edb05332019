"""Views of one recording: rows over one shared time axis."""
