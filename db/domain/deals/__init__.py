"""The deal: values, stage, history, the rules that change them, and what is stored beside it."""
