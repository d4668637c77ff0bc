"""The forms in which a report is printed; each takes reports and gives text."""
