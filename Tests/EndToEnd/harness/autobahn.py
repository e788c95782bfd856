"""kosoku with a defect mended: its compression cases get messages that came uncompressed as `str`, a character for
each byte, where they count on `bytes`. Without this they end in errors of their own before they have looked.
"""

import re
import sys
from pathlib import Path

import kosoku
from kosoku._cli import main

ROOT = Path(kosoku.__file__).parent
sys.path[:0] = [str(ROOT / "cases"), str(ROOT / "shim")]
from case import Case  # noqa: E402


def mend(case):
    """Gives `case` its messages as bytes."""
    inner = case.__dict__.get("onMessage")
    if inner and re.match(r"Case1[23]_", case.__name__):
        case.onMessage = lambda self, msg, binary: inner(
            self, msg.encode("latin-1") if isinstance(msg, str) else msg, binary)


if __name__ == "__main__":
    Case.__init_subclass__ = classmethod(lambda cls, **_: mend(cls))
    sys.argv[0] = re.sub(r"\.py$", "", sys.argv[0])
    sys.exit(main())
