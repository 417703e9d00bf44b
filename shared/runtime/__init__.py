"""Runs a service process (`process.run`) and its operators' port."""
