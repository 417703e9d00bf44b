"""The life of a process: `process.run` and the operators' port."""
