"""One self-contained HTML page about a network: what it costs, and what it takes of a board."""
