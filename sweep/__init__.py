"""Many trainings, each planned for a board: accuracy against what it takes."""
