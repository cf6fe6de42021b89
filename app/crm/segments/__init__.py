"""Segments: a rule in JSON, the statement that it compiles to, and who is in it, kept up to date.

`rule` is the grammar; each noun that a rule can ask about has a file with its fields and its SQL
(profile, tags, memberships, messages, orders, scores). `compile` makes one statement of them,
`saved` keeps rules, `refresh` keeps members.
"""
