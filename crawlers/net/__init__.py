"""The guarded way out: addresses, rate limits, transport, HTTP."""
