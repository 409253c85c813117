"""What the learner edits: one file per exercise. `make exercise STEP=1` checks the next one."""
