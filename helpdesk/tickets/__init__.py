"""The verbs that change tickets and the reads that show them."""
