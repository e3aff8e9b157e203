"""REST below /api/v1: one module a subject, typed in and out, refusals as problem details."""
