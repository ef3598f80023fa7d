"""Damaged files: good ones of every kind the readers know, spoilt with fixed seeds."""
