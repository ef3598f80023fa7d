"""How money comes in: payment references and codes to scan."""
