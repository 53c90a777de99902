"""The rules of a set as an index: from what an article holds to the rules that it meets, the others never looked at.

Three steps, each by the same structure (:mod:`detectors.conditions.conjunctions`): phrases by their words, questions
about a value by its attributes, rules by the questions that the article answers.
"""
