"""The proof that Allmende does what it says: `python -m tests.run` is `make test`."""
