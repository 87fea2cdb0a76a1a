"""The catalogue: keeps what was read, merges it, publishes it, finds it again. Known by app.py alone."""
