"""Injected faults between a service and its servers, on loopback only."""
