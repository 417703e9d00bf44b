"""The report on measurements: one file of its own, with findings in words, pictures and tables."""
