"""Watch rules: the language and its detectors. Pure: values in, values out; no Kafka, no Faust, no spaCy."""
