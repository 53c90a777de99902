"""Extraction from an article's text: countries, officials, organisations, themes, sentences, a fingerprint.

Pure functions over text, with data from the YAML files in ``data/``.
The entry point is :class:`streams.extraction.extractor.Extractor`.
"""
