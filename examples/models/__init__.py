"""Demo models: small Chinese BERTs trained on the lines under corpus/, and the bundles made from them."""
