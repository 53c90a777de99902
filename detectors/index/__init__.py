"""An index of the rules of a set: from the contents of an article to the rules that it meets, without visiting others.

Three steps use the same structure (:mod:`detectors.conditions.conjunctions`): phrases by their words, tests of a value
by its attributes, rules by the tests that the article meets.
"""
