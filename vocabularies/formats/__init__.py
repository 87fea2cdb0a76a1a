"""The formats that a solution is described in, each with its table of rows or its own rules."""
