"""`python -m tests.mutation [PART OF A NAME]`.

Tries the seeded sample, or every mutant whose name has that part.
"""

from __future__ import annotations

import sys

from tests.mutation.verdict import run

if __name__ == "__main__":
    sys.exit(bool(run(" ".join(sys.argv[1:])).faults))
