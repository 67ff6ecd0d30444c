"""Evaluation of single records: explanations, and the decision network of durable-rules. A stranger to the store."""
