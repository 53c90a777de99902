"""Text preparation: clean and folded text, sentences, tokens, lexicon, language, day, data files."""
