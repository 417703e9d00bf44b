"""`fonoteca notifications`: endpoints that are told of events, their deliveries, and open notices."""
