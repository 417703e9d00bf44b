"""Crawls: their definitions, and their tasks with what came of them."""
