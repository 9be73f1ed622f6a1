"""Sequential tests of rates that stay valid however often one looks. See docs/adr/0004."""
