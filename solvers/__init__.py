"""How it is solved: programs as arrays, and HiGHS."""
