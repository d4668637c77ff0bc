"""Where the command starts: ``hapadvise``, or ``python -m advisory``."""

import gc


def run() -> None:
    """Run the command line."""
    # The process is short and makes few cycles: looking for them costs a tenth of its time.
    gc.set_threshold(100_000)
    from advisory.cli import main

    main()


if __name__ == "__main__":
    run()
