"""An inference server for BERT-like models: fast on a CPU, calm under load, honest about its health."""
