"""Docked panels beside the timeline."""
