"""Demo translator: a small Marian model from Chinese to English, trained on the pairs under corpus/."""
