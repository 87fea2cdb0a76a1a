"""The tool that formats are written with: tables of rows, read and written."""
