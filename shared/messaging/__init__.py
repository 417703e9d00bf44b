"""The only importer of aio-pika: connection, declaration, publishing, consuming (the one place that acks), delays."""
