"""A campaign against the project, for as long as it is given: `python -m tests.campaign --minutes 2`.

Each attack tries one thing after another, made at random from a seed and a number, so that what fell can be tried again:
kills of a run that trains, inputs of the pipeline, damaged and hostile models, and requests to the page beside its visitors.
"""
