"""Speed and memory, measured against a yardstick in the same run; see bench/README.md."""
