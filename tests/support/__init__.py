"""What several tests share: real servers, invented and real catalogues, readers of pages. Holds no test."""
