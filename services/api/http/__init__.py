"""HTTP for the routes: parameters, problem details, ranges and middleware."""
