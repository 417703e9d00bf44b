"""The ways to an endpoint: webhooks, people through Apprise, hooks."""
