"""Benchmarks of the package, run from a checkout: ``python -m benchmarks list``.

Every file of `benchmarks.suite` is one benchmark; what it measures is written, figure by figure, to a CSV file under
`benchmarks/results`, and from there to a table in docs/benchmarks.md.
"""
