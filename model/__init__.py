"""What is true: options, ledger and policy model, one file per section of the formulation."""
