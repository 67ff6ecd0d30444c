"""The HTTP door: routes, tokens, problems (RFC 9457)."""
