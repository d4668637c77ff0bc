"""Where the command starts and ends: ``hapadvise``, or ``python -m advisory``."""

import contextlib
import gc
import os
import sys


def run() -> None:
    """Run the command line, and leave with its exit status."""
    # The process is short and makes few cycles: looking for them costs a tenth of its time.
    gc.set_threshold(100_000)
    from advisory.cli import main

    try:
        main()
    except SystemExit as left:
        status = left.code
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError):
            stream.flush()
    # Nothing is left open for writing; freeing every object one by one costs as much again.
    os._exit(status if isinstance(status, int) else 2)


if __name__ == "__main__":
    run()
