"""Faults on purpose: between a service and its servers, on loopback only."""
