"""Known bugs of HAProxy: which bite a build, which of them leak, which release cures them."""

__version__ = "0.1.0"
