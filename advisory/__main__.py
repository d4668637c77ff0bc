"""``python -m advisory`` is ``hapadvise``."""

from advisory.cli import main

main()
