"""Conditions on one article: what they say, how they are met, and which values met them."""
