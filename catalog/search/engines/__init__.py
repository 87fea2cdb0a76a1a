"""The search engines behind the seam, one file each."""
