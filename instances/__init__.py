"""What is given: the study, its tables, its readers and its checks."""
