"""窓口のあと: corrections, and what a supervisor watches."""
