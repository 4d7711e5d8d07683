"""Pages served on this machine: traces, and what joins them."""
