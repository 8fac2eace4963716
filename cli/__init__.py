"""The `mulbudget` command."""
