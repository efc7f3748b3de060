"""The demonstration: a large model teaches a small one on real data, every step a metered run."""
