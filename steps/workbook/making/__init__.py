"""Making what a contributor adds: a step or an exercise in its form, with its TODOs named."""
