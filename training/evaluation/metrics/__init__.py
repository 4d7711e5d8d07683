"""Metrics of the field, one subject a module; `molreflect.training.evaluation.evaluate` puts them together.

| module | what |
|---|---|
| `bleu` | n-gram statistics of all rows at once, corpus BLEU as nltk computes it, sentence BLEU for the strict mode |
| `captions` | ROUGE, METEOR, and everything mol2cap needs |
| `molecules` | validity, exact match, Levenshtein, fingerprint similarity: everything cap2mol needs |
| `tokenizers`, `wordnet`, `fcd` | what has to be found on the machine first, and the reason when it is not there |
| `bootstrap` | metrics as sums over rows: scores, intervals, paired tests |
"""
