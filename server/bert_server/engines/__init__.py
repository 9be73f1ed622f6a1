"""What computes: one module per inference library, all behind one protocol."""
