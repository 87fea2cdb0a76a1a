"""The pages: what they say, how they look, and that nobody can break into them."""
