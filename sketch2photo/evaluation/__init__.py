"""Measuring: how good pictures are, what z moves, how fast everything is, and the tables and plots of it.

Imports everything but the page, which it meets in a browser. Nothing but commands, `hub/` and tests imports it.
"""
