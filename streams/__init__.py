"""The stream: records, extraction, and the edges to Kafka, Faust and Prometheus."""
