"""A Slack workspace on loopback: Web API, Socket Mode, response URLs, and the people who use it."""
