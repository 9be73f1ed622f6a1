"""What translation needs beside the engine: sentences, pieces, and clean text out of what comes back."""
