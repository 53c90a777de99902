"""Conditions on one article: their types, how they are read and met, and which values met them."""
