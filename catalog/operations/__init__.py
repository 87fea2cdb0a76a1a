"""Running an instance: its services, the worker, backup, retention, a new address, what an operator sees."""
