"""Foreign text as plain data: YAML, JSON, JSON-LD, Markdown. Runs in the sandbox."""
