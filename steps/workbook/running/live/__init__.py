"""The page /lifetimes of a step that is served for a reader."""
