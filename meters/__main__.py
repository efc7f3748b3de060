"""`python -m joulebook.meters`: the helper process beside a metered job."""

import sys

from joulebook.meters.helper import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
