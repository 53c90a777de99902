"""From the bytes of one record to everything derived from it; no Kafka, no Faust."""
