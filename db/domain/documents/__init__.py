"""Documents made from templates: placeholders, sums and dates in words, declined names."""
