"""Boards: the catalogue, the UART link, bitstreams, the host client."""
