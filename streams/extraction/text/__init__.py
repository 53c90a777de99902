"""A text made readable: clean, folded, sentences, tokens, lexicon, language, day, data files."""
