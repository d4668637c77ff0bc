"""Tools for those who keep the facts in ``data/`` up to date."""
