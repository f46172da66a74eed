"""What is told: audit, tables and pages."""
