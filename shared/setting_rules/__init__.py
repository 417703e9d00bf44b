"""What the values of settings must be like. Pure functions: each returns the value, or raises ValueError with the rule.

They know what the servers and their client libraries would say only after a connection, or with a traceback.
"""
