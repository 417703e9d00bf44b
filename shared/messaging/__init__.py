"""The adapter of RabbitMQ, and the only importer of aio-pika: connecting, declaring, publishing, consuming, delays."""
