"""The Faust and aiokafka frontier: reading, batching, commits, sending. Nothing else overrides or patches them."""
