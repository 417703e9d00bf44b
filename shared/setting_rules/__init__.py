"""Rules for the values of settings. Pure functions: each returns the value, or raises ValueError with the broken rule.

Servers and their client libraries would report the same mistakes only after a connection, or with a traceback.
"""
