"""Tables of rows that say where a format keeps each field; documents are read and written by them."""
