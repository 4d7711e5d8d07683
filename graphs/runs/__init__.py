"""Run directories: the store, the exported files, and checks of a finished run."""
