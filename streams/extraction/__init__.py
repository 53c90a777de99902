"""From the text of an article to records: countries, officials, organisations, themes, sentences, a fingerprint.

Pure functions over text; the data are the YAML files in ``data/``.
The entry is :class:`streams.extraction.extractor.Extractor`.
"""
