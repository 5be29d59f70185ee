"""Simulated and recorded workers: for the demonstration, for looking at progress, and for measuring.

Claims and answers go through the same services as the pages. The one thing made up is time: a simulated person's
claim is dated back by the seconds a real one would have taken.
"""
